"""What the course adds to nbgrader: grading a folder of submissions, and telling its result."""
