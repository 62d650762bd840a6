-- title: Failed sign-ins by address and account
-- description: How many sign-ins failed from each address for each account, with the first and the last one; the most
-- failures first. Addresses are right only if the server trusts its proxies. FACT: audited as LoginFailed since
-- 2022.1; UNKNOWN: how the event names the account, and whether external identity providers write it.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.1, CC6.6, CC7.2; ISO 27001 A.8.5, A.8.16; PCI DSS 8.3.4, 10.2.1.4; NIST AC-7, AU-6
SELECT
  instance,
  coalesce(ip_address, '(unknown)') AS ip_address,
  coalesce(username, '(unknown)') AS account,
  count(*) AS failures,
  min(occurred_at) AS first_at,
  max(occurred_at) AS last_at
FROM auth_failures
WHERE occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY instance, auth_failures.ip_address, auth_failures.username
ORDER BY failures DESC, last_at DESC, instance, ip_address, account;
