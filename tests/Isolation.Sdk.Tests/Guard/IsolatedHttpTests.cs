using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>
/// N09 and N10: what one caller's requests carry over to another's, and from its activity to the server.
/// </summary>
public sealed class IsolatedHttpTests
{
    [IsolationFact]
    public async Task A_handler_on_offer_carries_no_cookie_and_no_baggage()
    {
        using SocketsHttpHandler handler = IsolatedHttp.CreateHandler();

        string[] second = await SecondRequestAsync(handler);

        Assert.DoesNotContain(second, line => line.StartsWith("Cookie:", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(second, line =>
            line.Contains("alice", StringComparison.Ordinal)
            || line.StartsWith("traceparent:", StringComparison.OrdinalIgnoreCase)
        );
    }

    [IsolationFact]
    public async Task An_ordinary_handler_carries_both()
    {
        using SocketsHttpHandler handler = new();

        string[] second = await SecondRequestAsync(handler);

        Assert.Contains(second, line => line.StartsWith("Cookie: sid=A-session", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(second, line => line.Contains("alice", StringComparison.Ordinal));
    }

    /// <summary>
    /// Two requests through one handler inside an activity with baggage; the server gives a cookie to the first.
    /// </summary>
    private static async Task<string[]> SecondRequestAsync(SocketsHttpHandler handler)
    {
        handler.UseProxy = false;
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        Uri address = new($"http://{server.LocalEndpoint}/");
        using HttpClient http = new(handler, disposeHandler: false);
        using Activity activity = new Activity("caller")
            .AddBaggage("user", "alice")
            .SetIdFormat(ActivityIdFormat.W3C)
            .Start();
        await AnswerAsync(server, http.GetStringAsync(address));
        return await AnswerAsync(server, http.GetStringAsync(address));
    }

    private static async Task<string[]> AnswerAsync(TcpListener server, Task<string> request)
    {
        using TcpClient client = await server.AcceptTcpClientAsync();
        await using NetworkStream stream = client.GetStream();
        using StreamReader reader = new(stream, leaveOpen: true);
        List<string> head = [];
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.Add(line);
        }

        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                "HTTP/1.1 200 OK\r\nSet-Cookie: sid=A-session\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            )
        );
        await request;
        return [.. head];
    }
}
