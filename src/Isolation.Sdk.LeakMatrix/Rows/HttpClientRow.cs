using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Isolation.Sdk.Leaks;

/// <summary>What one HTTP client sends for a worker that another worker set, or was given by a server.</summary>
internal static class HttpClientRow
{
    public static LeakRow Row => InProcessRows.Row("N10", "cookies and default headers of an HTTP client", word =>
        {
            TcpListener server = new(IPAddress.Loopback, 0);
            server.Start();
            HttpClient shared = new(new SocketsHttpHandler { UseProxy = false });
            List<HttpClient> made = [shared];
            HttpClient Client(InProcessStepContext turn)
            {
                if (turn.Worker is null)
                {
                    return shared;
                }

                made.Add(new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }));
                return made[^1];
            }

            return new InProcessSteps(
                turn =>
                {
                    HttpClient client = Client(turn);
                    client.DefaultRequestHeaders.Add("X-Of", word);
                    Ask(client, server, word);
                },
                turn => Ask(Client(turn), server, word).Contains(word, StringComparison.Ordinal)
            )
            {
                Undo = () =>
                {
                    made.ForEach(client => client.Dispose());
                    server.Dispose();
                },
            };
        });

    /// <summary>What a server is sent by a client that asks it; it answers with a cookie.</summary>
    private static string Ask(HttpClient client, TcpListener server, string cookie)
    {
        Task<string> heard = Task.Run(() => AnswerAsync(server, cookie));
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://{server.LocalEndpoint}/");
        using HttpResponseMessage answer = client.Send(request);
        return heard.GetAwaiter().GetResult();
    }

    private static async Task<string> AnswerAsync(TcpListener server, string cookie)
    {
        using TcpClient connection = await server.AcceptTcpClientAsync().ConfigureAwait(false);
        using StreamReader reader = new(connection.GetStream(), Encoding.ASCII, leaveOpen: true);
        StringBuilder heard = new();
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } line)
        {
            heard.AppendLine(line);
        }

        await connection
            .GetStream()
            .WriteAsync(
                Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 200 OK\r\nSet-Cookie: sid={cookie}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            )
            .ConfigureAwait(false);
        return heard.ToString();
    }
}
