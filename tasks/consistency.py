def contradictions(final, sources):
    return ()
