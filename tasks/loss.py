def with_loss(turns, faults=(), refused_alone=False):
    return tuple(
        t if t.role == "assistant" else t.model_copy(update={"train": False}) for t in turns
    )
