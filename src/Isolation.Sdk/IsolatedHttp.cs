namespace Isolation.Sdk;

/// <summary>HTTP for workers of one process: a handler that carries nothing from one caller to another.</summary>
/// <example>
/// <code>
/// using HttpClient http = new(IsolatedHttp.CreateHandler());
/// // or, for a service scope of each worker:
/// services.AddScoped(_ => new HttpClient(IsolatedHttp.CreateHandler()));
/// </code>
/// </example>
public static class IsolatedHttp
{
    /// <summary>
    /// Makes a handler with connections of its own, without cookies, stored credentials or authentication ahead of being asked for it, and without the headers (<c>traceparent</c>, <c>baggage</c>) that would carry the caller's activity to a server.
    /// Give each worker one; a client around it is the worker's own, with its default headers.
    /// </summary>
    public static SocketsHttpHandler CreateHandler() =>
        new()
        {
            UseCookies = false,
            Credentials = null,
            DefaultProxyCredentials = null,
            PreAuthenticate = false,
            ActivityHeadersPropagator = null,
        };
}
