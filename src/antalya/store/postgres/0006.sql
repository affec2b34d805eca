-- Version 6. Subscriptions that ended go after a day. Implicit ones go with the intents that rest on them.
CREATE INDEX IF NOT EXISTS utm_subscription_ends ON utm_subscription (ends_at) WHERE implicit = 0;
