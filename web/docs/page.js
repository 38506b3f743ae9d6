// Shows the document that the build has made. Nothing is asked of any other host.
window.SwaggerUIBundle({
	url: location.search === "?v2" ? "/api/openapi.v2.json" : "/api/openapi.json",
	dom_id: "#reference",
	deepLinking: true,
	docExpansion: "list",
	defaultModelsExpandDepth: 0,
	tryItOutEnabled: false,
	validatorUrl: null, // its default is a service elsewhere
});
