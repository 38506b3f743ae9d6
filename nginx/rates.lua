-- rates: counts requests, and says what is left (draft-ietf-httpapi-ratelimit-headers-10).
--
-- A counter lives for its policy's seconds from the first request that it counts (a fixed window):
-- one atomic increment a request, no locks, no timers. At the seam of two windows somebody may ask
-- twice the quota in a row; over any longer time never more than the quota a window.
--
-- Whose counter? A credential names its tenant in clear, and so does a forged one: what it says is
-- not believed. It is a tenant's request once a program has answered that the credential was good;
-- that is remembered (as a hash) while it is in use, so that the next one is the tenant's from the
-- start. All else is the address's. So nobody can spend, or even look at, what is somebody else's,
-- and who is logged in isn't refused for what others at the same address do.

local rates = {}

local counters = ngx.shared.purser_rates
local REMEMBERED = 600 -- seconds since the last good answer
local policies

-- Called once, by rates.conf. Each policy is told by a name of its own.
function rates.allow(given)
	for name, policy in pairs(given) do
		policy.name = name == "login" and "login" or "default"
		policy.key = name .. ":"
		policy.header = string.format('"%s";q=%d;w=%d', policy.name, policy.quota, policy.seconds)
		policy.whole = string.format('"%s";r=%d;t=%d', policy.name, policy.quota, policy.seconds)
	end
	policies = given
end

local function say(policy, limit)
	ngx.var.purser_rate_policy = policy.header
	ngx.var.purser_rate_limit = limit
end

local function say_left(policy, used, seconds)
	local left = math.max(policy.quota - used, 0)
	say(policy, string.format('"%s";r=%d;t=%d', policy.name, left, seconds))
end

-- Counts one request, and tells how many there were and when they are forgotten.
local function count(policy, who)
	local key = policy.key .. who
	local used = counters:incr(key, 1, 0, policy.seconds)
	if not used then
		return 0, policy.seconds -- not even by forgetting others: nobody is refused for that
	end
	return used, math.ceil(counters:ttl(key) or policy.seconds)
end

-- IPv4 by itself; of IPv6 the network that a household gets, for it has the rest to choose from.
local function network()
	local address = ngx.var.binary_remote_addr
	return #address == 16 and address:sub(1, 8) or address
end

local function credential()
	local said = ngx.var.http_authorization or ngx.var.http_cookie -- as programs choose
	return said and "good:" .. ngx.sha1_bin(said)
end

-- Before anything else is done: counts the request, or refuses it.
function rates.charge()
	if ngx.req.is_internal() then
		return -- an error on its way to its words
	end
	local ctx, login = ngx.ctx, ngx.var.purser_login == "1"
	if ngx.var.purser_unlimited == "1" then
		local policy = login and policies.login or policies.tenant
		return say(policy, policy.whole)
	end
	local policy, who = policies.address, nil
	if login then
		policy = policies.login
	else
		ctx.credential = credential()
	end
	if ctx.credential then
		who = counters:get(ctx.credential)
		policy = who and policies.tenant or policy
		ctx.remembered = who ~= nil
	end
	local used, seconds = count(policy, who or network())
	say_left(policy, used, seconds)
	if used > policy.quota then
		ngx.var.purser_retry_after = seconds
		return ngx.exit(429)
	end
end

-- Once a program has answered, its word on the credential counts.
function rates.settle()
	local ctx = ngx.ctx
	if not ctx.credential then
		return
	end
	local tenant = ngx.var.upstream_http_x_purser_charge
	if ctx.remembered then
		if tenant then
			counters:expire(ctx.credential, REMEMBERED)
		elseif ngx.status == 401 then
			counters:delete(ctx.credential)
		end
	elseif tenant then
		counters:set(ctx.credential, tenant, REMEMBERED)
		counters:incr(policies.address.key .. network(), -1, 0, policies.address.seconds)
		say_left(policies.tenant, count(policies.tenant, tenant))
	end
end

return rates
