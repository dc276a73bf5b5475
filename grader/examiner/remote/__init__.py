"""What runs in the student's kernel; `content` and `table` run on our side of the border too.

Nothing here is trusted once the student's code has run. It only has to be right for honest students.
"""
