"""What `agentalign up` starts: a Prefect server, a worker for its runs, the MLflow UI."""
