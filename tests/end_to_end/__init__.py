"""Real Locust processes against a real target: what is recorded, compared with what happened."""
