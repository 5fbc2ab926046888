def invented_in(turns, told, tools):
    return ()
