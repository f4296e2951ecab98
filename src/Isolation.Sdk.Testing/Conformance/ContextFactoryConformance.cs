using Isolation.Sdk.Contexts;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Workspaces;
using static Isolation.Sdk.Testing.ConformanceException;

namespace Isolation.Sdk.Testing;

/// <summary>What every <see cref="IContextFactory"/> has to do.</summary>
public abstract class ContextFactoryConformance : AxisConformance<IContextFactory>
{
    /// <summary>The briefing says what the item says, the notes of its blockers, and why the attempt before did not
    /// make it.</summary>
    [Conformance]
    public Task A_briefing_holds_what_the_request_names() =>
        OnAsync(async bench =>
        {
            WorkerContext context = await bench
                .Axis.CreateAsync(Request(bench, "one") with { PreviousFailure = "the gate was red on purple" })
                .ConfigureAwait(false);
            foreach (
                string part in new[]
                {
                    "Title of one",
                    "Do what one needs.",
                    "note-for-one",
                    "the gate was red on purple",
                }
            )
            {
                Require(context.Briefing.Contains(part, StringComparison.Ordinal), $"The briefing lacks '{part}'.");
            }

            RequireEqual(new AttemptId("one", 1), context.Attempt, "The context is for another attempt.");
            Require(
                context.Tokens > 0 && (context.TokenBudget is not { } budget || context.Tokens <= budget),
                "The token estimate is missing, or over the budget."
            );
        });

    /// <summary>The briefing is a file too, outside of the work tree, with the same text.</summary>
    [Conformance]
    public Task The_briefing_is_a_file_outside_of_the_work_tree() =>
        OnAsync(async bench =>
        {
            ContextRequest request = Request(bench, "one");
            WorkerContext context = await bench.Axis.CreateAsync(request).ConfigureAwait(false);
            Require(Path.IsPathFullyQualified(context.BriefingFile), "The file does not hold the briefing.");
            RequireEqual(
                context.Briefing,
                await File.ReadAllTextAsync(context.BriefingFile).ConfigureAwait(false),
                "The file does not hold the briefing."
            );
            Require(
                !context.BriefingFile.StartsWith(
                    request.Workspace.Path + Path.DirectorySeparatorChar,
                    StringComparison.Ordinal
                ),
                "The file is in the work tree, where it could be committed."
            );
        });

    /// <summary>The same request gives the same briefing: nothing of the moment or of the machine is in it.</summary>
    [Conformance]
    public Task The_same_request_gives_the_same_briefing() =>
        OnAsync(async bench =>
        {
            ContextRequest request = Request(bench, "one");
            string one = (await bench.Axis.CreateAsync(request).ConfigureAwait(false)).Briefing;
            string two = (await bench.Axis.CreateAsync(request).ConfigureAwait(false)).Briefing;
            RequireEqual(two, one, "Two contexts of one request have two briefings.");
        });

    /// <summary>A cancelled request makes no context.</summary>
    [Conformance]
    public Task A_cancelled_request_leaves_no_file() =>
        OnAsync(async bench =>
        {
            ContextRequest request = Request(bench, "one");
            try
            {
                await bench.Axis.CreateAsync(request, new CancellationToken(canceled: true)).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                RequireEqual(0, Directory.GetFileSystemEntries(request.State.Temp).Length, "A file was left behind.");
                return;
            }

            throw new ConformanceException("A cancelled request made a context.");
        });

    /// <summary>A worker starts from nothing of another's, and nobody else speaks in its conversation.</summary>
    [Conformance(Proves = IsolationGuarantees.Context)]
    public Task A_context_inherits_nothing() =>
        OnAsync(async bench =>
        {
            WorkerContext one = await bench
                .Axis.CreateAsync(Request(bench, "one") with { PreviousFailure = "failure-of-one" })
                .ConfigureAwait(false);
            one.Conversation.Append("user", "said-by-one");
            WorkerContext two = await bench.Axis.CreateAsync(Request(bench, "two")).ConfigureAwait(false);
            WorkerContext again = await bench.Axis.CreateAsync(Request(bench, "one")).ConfigureAwait(false);
            foreach (string foreign in new[] { "failure-of-one", "said-by-one", "note-for-one", "Do what one needs." })
            {
                RequireWithout(foreign, two.Briefing, $"Another item's briefing holds '{foreign}'.");
            }

            RequireWithout(
                "said-by-one",
                again.Briefing,
                "The next context of the same item holds what the one before said."
            );
            RequireWithout(
                "failure-of-one",
                again.Briefing,
                "The next context of the same item holds what the one before said."
            );
            RequireEqual(0, two.Conversation.Count + again.Conversation.Count, "A conversation does not begin empty.");
        });

    private static ContextRequest Request(ConformanceFixture<IContextFactory> bench, string item)
    {
        string work = Directory.CreateDirectory(Path.Combine(bench.Repository.Root, item, "work")).FullName;
        string home = Directory.CreateDirectory(Path.Combine(bench.Repository.Root, item, "home")).FullName;
        string temp = Directory.CreateDirectory(Path.Combine(bench.Repository.Root, item, "tmp")).FullName;
        WorkItem assignment = new(item, $"Title of {item}") { Instructions = $"Do what {item} needs." };
        WorkspaceInfo workspace = new(work, Path.Combine(work, ".git"), $"isolation/{item}/1/work", bench.Head);
        return new ContextRequest(
            new AttemptId(item, 1),
            assignment,
            workspace,
            new StateInfo(home, temp, [], new Dictionary<string, int>()),
            [new Handoff(new AttemptId("before", 1), bench.Head, $"note-for-{item}")]
        );
    }

    private async Task OnAsync(Func<ConformanceFixture<IContextFactory>, Task> check)
    {
        ConformanceFixture<IContextFactory> bench = await StartAsync().ConfigureAwait(false);
        await using (bench.ConfigureAwait(false))
        {
            await check(bench).ConfigureAwait(false);
        }
    }
}
