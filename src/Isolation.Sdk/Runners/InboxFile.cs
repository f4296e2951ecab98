using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;

namespace Isolation.Sdk.Runners;

internal sealed class InboxFile : IDisposable
{
    private readonly FileStream _file;

    public InboxFile(string path)
    {
        Path = path;
        File.Delete(path);
        _file = new FileStream(
            path,
            FileMode.CreateNew,
            FileAccess.Write,
            FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0
        );
    }

    public string Path { get; }

    public void WritePending(ChannelReader<WorkerMessage> inbox)
    {
        while (inbox.TryRead(out WorkerMessage? message))
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(message, InboxJson.Default.WorkerMessage), (byte)'\n']);
        }
    }

    public void Dispose() => _file.Dispose();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(WorkerMessage))]
internal sealed partial class InboxJson : JsonSerializerContext;
