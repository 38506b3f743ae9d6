-- Sends the requests of a file, in turn, as they stand there; each thread begins at another one.
-- wrk ... -s wrk.lua URL -- FILE

local threads = 0

function setup(thread)
	thread:set("first", threads * 7)
	threads = threads + 1
end

function init(args)
	local file = assert(io.open(args[1], "rb"))
	requests = {}
	for request in file:read("*a"):gmatch("[^%z]+") do
		requests[#requests + 1] = request
	end
	file:close()
	at = first
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, latency, _)
	local e = summary.errors
	io.write(string.format(
		'{"requests":%d,"seconds":%f,"p50":%d,"p99":%d,"errors":%d}\n',
		summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
		e.connect + e.read + e.write + e.timeout + e.status))
end
