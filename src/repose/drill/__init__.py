"""The drill: a small real training is killed again and again, and must end as if it never was.

In reading order: `data` makes what is trained on, `victim` starts and kills, `plan` draws when and
how, `trial` does one training from beginning to end, `certificate` says what came of it all.
"""
