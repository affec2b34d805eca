"""The exchange as a USS among drone operators': what of its own things they see at the drone door, and how they are told of it
(docs/adr/0012).

An operation that takes airspace is an operational intent, what stays on the ground and where nobody is to fly is a constraint.
Nothing is shown that its owner does not release to everybody (`*`): a reference is there for every USS or for none.
"""
