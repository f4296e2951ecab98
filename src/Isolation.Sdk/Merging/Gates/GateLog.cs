using System.Text;
using System.Text.Json;
using Isolation.Sdk.Merging.Landing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Gates;

/// <summary>The queue's gate log: one JSON line a run, only ever appended to, on the disk before anything lands by it.</summary>
internal sealed class GateLog(QueueContext context)
{
    private string Path => System.IO.Path.Combine(context.Folder.Gates, context.Names.QueueSlug + ".gates.jsonl");

    public void Write(AttemptId attempt, string commit, GateResult result)
    {
        GateLogLine line = new(context.Time.GetUtcNow(), LandedMessage.Name(attempt), result.Tree, commit, result.Verdict, result.Elapsed.TotalMilliseconds)
        {
            Command = result.Command,
            ExitCode = result.ExitCode,
            Log = result.LogFile,
        };
        Directory.CreateDirectory(context.Folder.Gates);
        using FileStream file = new(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, QueueJson.Default.GateLogLine) + "\n"));
        file.Flush(flushToDisk: true);
    }
}
