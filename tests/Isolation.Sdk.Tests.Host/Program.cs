using System.Text.Json;
using Isolation.Sdk.Tests.Host;

// A host program in a process of its own, so that it can be killed, started twice, and given another user, PATH, temp
// or disk. Each line of input is a request.
while (await Console.In.ReadLineAsync() is { } line)
{
    HostAnswer answer;
    try
    {
        HostRequest request = JsonSerializer.Deserialize<HostRequest>(line, JsonSerializerOptions.Web)!;
        answer = request switch
        {
            { Queue: { } queue } => await QueueHost.AnswerAsync(request, queue),
            { Conformance: { } conformance } => await ConformanceHost.AnswerAsync(conformance),
            { Node: { } node } => await NodeHost.ServeAsync(request, node),
            { Pool: { } pool } => await PoolHost.AnswerAsync(request, pool),
            _ => await PipelineHost.AnswerAsync(request),
        };
    }
    catch (Exception e)
    {
        answer = new HostAnswer { Crash = e.ToString() };
    }

    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
    await Console.Out.FlushAsync();
}
