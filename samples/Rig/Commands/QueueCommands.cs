using System.CommandLine;
using Isolation.Sdk;
using Isolation.Sdk.Merging;
using Rig.Terminal;
using Rig.Viewing;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Rig.Commands;

/// <summary><c>rig queue</c>: what a merge queue is at, from any terminal; and its brake.</summary>
internal static class QueueCommands
{
    private const string Heads = "refs/heads/";

    public static Command Create()
    {
        Option<string> repository = CommonOptions.Repository();
        Option<string?> target = new("--target")
        {
            Description = "The branch that work lands on. Default: every queue of the repository.",
            HelpName = "BRANCH",
        };
        Option<bool> watch = new("--watch") { Description = "Look again every second until Ctrl-C." };
        Option<bool> json = CommonOptions.Json();
        Command queue = new("queue", "Show what is tested, what waits and why, and what landed; pause and resume.")
        {
            repository,
            target,
            watch,
            json,
            PauseCommand(),
            ResumeCommand(),
        };
        queue.SetAction(
            (parsed, cancellationToken) =>
            {
                QueueReader reader = new(
                    CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)),
                    parsed.GetValue(target) is { } branch ? Heads + branch : null
                );
                return parsed.GetValue(watch)
                    ? WatchAsync(reader, parsed.GetValue(json), cancellationToken)
                    : ShowAsync(reader, parsed.GetValue(json), cancellationToken);
            }
        );
        return queue;
    }

    private static Command PauseCommand()
    {
        Argument<string> reason = new("REASON") { Description = "Why: everybody who looks is told." };
        Option<int?> pass = new("--minimum-priority")
        {
            Description = "Work with at least this priority passes.",
            HelpName = "N",
        };
        return Command(
            new Command(
                "pause",
                "Let nothing land; what is submitted waits. It holds until rig queue resume, also after a restart."
            )
            {
                reason,
                pass,
            },
            parsed => new Pause(parsed.GetRequiredValue(reason), parsed.GetValue(pass))
        );
    }

    private static Command ResumeCommand() => Command(new Command("resume", "Let work land again."), _ => null);

    private static Command Command(Command command, Func<ParseResult, Pause?> read)
    {
        Option<string> repository = CommonOptions.Repository();
        Option<string> target = CommonOptions.Target("The branch that work lands on.");
        Option<bool> json = CommonOptions.Json();
        command.Add(repository);
        command.Add(target);
        command.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                Pause? pause = read(parsed);
                string branch = parsed.GetRequiredValue(target);
                MergeQueueClient client = new(CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)));
                await (
                    pause is null
                        ? client.ResumeAsync(Heads + branch, cancellationToken)
                        : client.PauseAsync(Heads + branch, pause.Reason, pause.MinimumPriority, cancellationToken)
                );
                if (parsed.GetValue(json))
                {
                    Screen.Raw(
                        Json.Document(
                            new
                            {
                                Schema = "rig.pause/1",
                                Target = branch,
                                Paused = pause is not null,
                                pause?.Reason,
                                pause?.MinimumPriority,
                            }
                        )
                    );
                }
                else
                {
                    Screen.Line(
                        pause is not null
                            ? $"Nothing lands on {branch} until: rig queue resume"
                            : $"Work lands on {branch} again."
                    );
                }

                return ExitCodes.Ok;
            }
        );
        return command;
    }

    private static async Task<int> ShowAsync(QueueReader reader, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<QueueReport> queues = await reader.ReadAsync(cancellationToken);
        if (queues.Count == 0)
        {
            throw new IsolationException(
                RigCodes.NoQueue,
                reader.Nothing,
                "A queue is there once work was submitted: rig run"
            );
        }

        if (json)
        {
            Screen.Raw(Json.Document(Report(queues)));
            return ExitCodes.Ok;
        }

        Screen screen = Screen.Open();
        foreach (QueueReport queue in queues)
        {
            foreach (string line in QueueText.Header(queue))
            {
                Screen.Line(line);
            }

            screen.Write(QueueText.Table(queue, TimeProvider.System.GetUtcNow()));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> WatchAsync(QueueReader reader, bool json, CancellationToken cancellationToken)
    {
        Screen screen = Screen.Open();
        if (json || !screen.IsTerminal)
        {
            await TellChangesAsync(reader, json, cancellationToken);
            return ExitCodes.Ok;
        }

        await screen
            .Console.Live(new Text(""))
            .Overflow(VerticalOverflow.Ellipsis)
            .StartAsync(live =>
                Watch.EachAsync(
                    reader.ReadAsync,
                    queues =>
                        live.UpdateTarget(
                            queues.Count == 0 ? new Text(reader.Nothing) : new Rows(queues.SelectMany(Draw))
                        ),
                    cancellationToken
                )
            );
        return ExitCodes.Ok;
    }

    private static IEnumerable<IRenderable> Draw(QueueReport queue) =>
        [
            .. QueueText.Header(queue).Select(l => new Text(Plain.Line(l))),
            QueueText.Table(queue, TimeProvider.System.GetUtcNow()).ToTable(),
        ];

    /// <summary>Without a terminal to redraw: a line for each thing that has changed, or a JSON document a
    /// line.</summary>
    private static async Task TellChangesAsync(QueueReader reader, bool json, CancellationToken cancellationToken)
    {
        HashSet<string> told = [];
        await Watch.EachAsync(
            reader.ReadAsync,
            queues =>
            {
                string[] lines = json
                    ? [Json.Line(Report(queues))]
                    :
                    [
                        .. queues.SelectMany(q =>
                            QueueText
                                .Header(q)
                                .Concat(q.Items.Concat(q.Landed.Reverse()).Select(i => QueueText.Line(q, i)))
                        ),
                    ];
                foreach (string line in lines.Where(l => !told.Contains(l)))
                {
                    Screen.Line(line);
                }

                told = [.. lines];
            },
            cancellationToken
        );
    }

    private static object Report(IReadOnlyList<QueueReport> queues) =>
        new { Schema = "rig.queue/1", Queues = queues.Select(QueueDocument.Of).ToArray() };

    private sealed record Pause(string Reason, int? MinimumPriority);
}
