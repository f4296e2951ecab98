using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Isolation.Sdk.Tests.Guard;

/// <summary>A server that keeps what each worker sent, and gives whoever asks for it a cookie.</summary>
internal sealed class CanaryServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _requests = new();
    private readonly Task _serving;

    public CanaryServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public string RequestsOf(string worker) => string.Join('\n', _requests.GetValueOrDefault(worker) ?? []);

    public async Task AskAsync(HttpClient http, string worker, string? cookie = null, string body = "")
    {
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://{_listener.LocalEndpoint}/{worker}/{cookie}")
        {
            Content = new StringContent(body),
        };
        using HttpResponseMessage answer = await http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> answers = [];
        try
        {
            while (true)
            {
                answers.Add(AnswerAsync(await _listener.AcceptTcpClientAsync()));
            }
        }
        catch (SocketException)
        {
            // It was stopped.
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using TcpClient held = client;
        await using NetworkStream stream = client.GetStream();
        using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
        string first = await reader.ReadLineAsync() ?? "";
        string[] path = first.Split(' ')[1].Split('/');
        StringBuilder said = new();
        int length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            said.AppendLine(line);
            length = line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)
                ? int.Parse(line[15..], System.Globalization.CultureInfo.InvariantCulture)
                : length;
        }

        char[] body = new char[length];
        if (length > 0)
        {
            await reader.ReadBlockAsync(body); // Asked for nothing, it would wait for more.
        }

        _requests.GetOrAdd(path[1], _ => new ConcurrentQueue<string>()).Enqueue(said.Append(body).ToString());
        string cookie = path[2].Length > 0 ? $"Set-Cookie: sid={path[2]}; Path=/\r\n" : "";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{cookie}Content-Length: 0\r\nConnection: close\r\n\r\n")
        );
    }
}
