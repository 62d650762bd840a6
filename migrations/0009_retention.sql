-- What refers to a finding, looked up when retention removes it.
CREATE INDEX _findings_previous ON _findings (previous_finding_id) WHERE previous_finding_id IS NOT NULL;
CREATE INDEX _acknowledgements_finding ON _acknowledgements (finding_id);
-- Messages whose time has come, the oldest first.
CREATE INDEX _deliveries_done ON _deliveries (coalesce(sent_at, failed_at)) WHERE state <> 'pending';
CREATE INDEX _quarantine_received ON _quarantine (received_at);
