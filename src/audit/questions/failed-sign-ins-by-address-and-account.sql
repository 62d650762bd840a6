-- title: Failed sign-ins by address and account
-- description: How many sign-ins failed from each address for each account, with the first and the last one; the most
-- failures first.
-- controls: SOC 2 CC6.1, CC7.2; ISO 27001 A.8.5, A.8.16; PCI DSS 8.3.4, 10.2.1.4; NIST AC-7, AU-6
SELECT
  instance,
  coalesce(ip_address, '(unknown)') AS ip_address,
  coalesce(username, '(unknown)') AS account,
  count(*) AS failures,
  min(occurred_at) AS first_at,
  max(occurred_at) AS last_at
FROM auth_failures
GROUP BY instance, auth_failures.ip_address, auth_failures.username
ORDER BY failures DESC, last_at DESC, account;
