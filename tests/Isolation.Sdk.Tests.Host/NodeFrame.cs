using System.Net.Sockets;
using System.Text.Json;

namespace Isolation.Sdk.Tests.Host;

/// <summary>One line between a coordinator and a node.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The call that it is, or answers.</param>
/// <param name="Attempt">The attempt, printed.</param>
/// <param name="Body">A document, or a word.</param>
public sealed record NodeFrame(string Kind, long Id = 0, string? Attempt = null, string? Body = null);

/// <summary>A connection that carries frames, one JSON line each. Whoever sends may do it from any flow.</summary>
public sealed class NodeConnection(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task SendAsync(NodeFrame frame)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(frame), (byte)'\n'];
        await _one.WaitAsync();
        try
        {
            await _stream.WriteAsync(line);
        }
        finally
        {
            _one.Release();
        }
    }

    public async IAsyncEnumerable<NodeFrame> ReadAsync()
    {
        using StreamReader reader = new(_stream, leaveOpen: true);
        while (await ReadLineAsync(reader) is { } line)
        {
            yield return JsonSerializer.Deserialize<NodeFrame>(line)!;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _one.Dispose();
    }

    private static async Task<string?> ReadLineAsync(StreamReader reader)
    {
        try
        {
            return await reader.ReadLineAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null; // The other side is gone.
        }
    }
}
