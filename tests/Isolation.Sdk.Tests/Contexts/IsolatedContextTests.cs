using Isolation.Sdk.Contexts;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Contexts;

public sealed class IsolatedContextTests
{
    [IsolationFact]
    public async Task The_context_axis_works_alone_and_seals_what_it_gave()
    {
        AsyncLocal<string> ambient = new() { Value = "of the host" };
        WorkerContext? stolen = null;
        string? briefingFile = null;

        int turns = await IsolatedContext.RunAsync(
            new WorkItem("login", "Login page") { Instructions = "Only that." },
            async (context, token) =>
            {
                Assert.Null(ambient.Value);
                stolen = context;
                briefingFile = context.BriefingFile;
                Assert.Equal(context.Briefing, await File.ReadAllTextAsync(briefingFile, token));
                context.Conversation.Append("user", context.Briefing);
                return context.Conversation.Count;
            }
        );

        Assert.Equal(1, turns);
        Assert.False(File.Exists(briefingFile));
        Assert.Throws<ObjectDisposedException>(() => stolen!.Briefing);
    }

    [IsolationFact]
    public async Task A_budget_holds_there_too()
    {
        IsolationException thrown = await Assert.ThrowsAsync<IsolationException>(() =>
            IsolatedContext.RunAsync(
                new WorkItem("a", "Too much") { Instructions = new string('x', 1000) },
                (_, _) => Task.FromResult(0),
                o => o.TokenBudget = 10
            )
        );

        Assert.Equal("ISO0503", thrown.Code);
    }
}
