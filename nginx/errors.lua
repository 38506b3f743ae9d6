-- errors: the body of what nginx itself refuses: the contract's envelope, or where Accept asks for it
-- application/problem+json (RFC 9457). What programs refuse looks the same.

local errors = {}

local TITLES = { -- RFC 9110, section 15
	[400] = "Bad Request",
	[404] = "Not Found",
	[405] = "Method Not Allowed",
	[413] = "Content Too Large",
	[414] = "URI Too Long",
	[421] = "Misdirected Request",
	[429] = "Too Many Requests",
	[500] = "Internal Server Error",
	[503] = "Service Unavailable",
}

-- True when problem details are wanted at least as much as plain JSON (RFC 9110, 12.5.1).
local function wants_problem(accept)
	local wish = {}
	for range in (accept or ""):lower():gmatch("[^,]+") do
		local kind = range:match("^%s*([^;%s]+)") or ""
		local quality = tonumber(range:match(";%s*q=([0-9.]+)")) or 1
		wish[kind] = math.max(wish[kind] or 0, quality)
	end
	local problem = wish["application/problem+json"] or 0
	local json = wish["application/json"] or wish["application/*"] or wish["*/*"] or 0
	return problem > 0 and problem >= json
end

function errors.body(status, code, message)
	if not wants_problem(ngx.var.http_accept) then
		return string.format('{"error":"%s","message":"%s","details":[]}', code, message)
	end
	ngx.ctx.problem = true
	return string.format(
		'{"type":"about:blank","title":"%s","status":%d,"instance":"%s","error":"%s",'
			.. '"detail":"%s","details":[]}',
		TITLES[status], status, ngx.var.purser_request_id, code, message
	)
end

-- `return` knows no type but the default.
function errors.dress()
	if ngx.ctx.problem then
		ngx.header["Content-Type"] = "application/problem+json"
	end
end

return errors
