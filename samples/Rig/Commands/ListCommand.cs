using System.CommandLine;
using Isolation.Sdk;
using Rig.Terminal;
using Rig.Viewing;
using Spectre.Console;

namespace Rig.Commands;

/// <summary><c>rig list</c>: every worker of a repository, from any terminal, during a run and after it.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        Option<string> repository = CommonOptions.Repository();
        Option<bool> watch = new("--watch") { Description = "Look again every second until Ctrl-C." };
        Option<bool> json = CommonOptions.Json();
        Command list = new("list", "Show the workers of a repository.") { repository, watch, json };
        list.SetAction(
            (parsed, cancellationToken) =>
            {
                WorkerReader reader = new(CommonOptions.RepositoryOf(parsed.GetRequiredValue(repository)));
                return parsed.GetValue(watch)
                    ? WatchAsync(reader, parsed.GetValue(json), cancellationToken)
                    : ShowAsync(reader, parsed.GetValue(json), cancellationToken);
            }
        );
        return list;
    }

    private static async Task<int> ShowAsync(WorkerReader reader, bool json, CancellationToken cancellationToken)
    {
        IReadOnlyList<WorkerView> workers = await reader.ListAsync(cancellationToken);
        if (json)
        {
            Screen.Raw(Json.Document(Report(workers)));
        }
        else if (workers.Count == 0)
        {
            Screen.Line("No workers.");
        }
        else
        {
            Screen.Open().Write(WorkerTable.Of(workers, TimeProvider.System.GetUtcNow()));
        }

        return ExitCodes.Ok;
    }

    private static async Task<int> WatchAsync(WorkerReader reader, bool json, CancellationToken cancellationToken)
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
                    reader.ListAsync,
                    workers =>
                    {
                        live.UpdateTarget(
                            workers.Count == 0
                                ? new Text("No workers.")
                                : WorkerTable.Of(workers, TimeProvider.System.GetUtcNow()).ToTable()
                        );
                    },
                    cancellationToken
                )
            );
        return ExitCodes.Ok;
    }

    /// <summary>Without a terminal to redraw: a line for each worker whenever it has changed, or a JSON document a
    /// line.</summary>
    private static async Task TellChangesAsync(WorkerReader reader, bool json, CancellationToken cancellationToken)
    {
        Dictionary<AttemptId, string> told = [];
        string last = "";
        await Watch.EachAsync(
            reader.ListAsync,
            workers =>
            {
                if (json)
                {
                    string now = Json.Line(Report(workers));
                    if (now != last)
                    {
                        Screen.Raw(now);
                    }

                    last = now;
                    return;
                }

                foreach (WorkerView worker in workers)
                {
                    string line = $"{worker.Status.Attempt} | {worker.State} | phase: {worker.Phase} | {worker.Note}";
                    if (told.GetValueOrDefault(worker.Status.Attempt) != line)
                    {
                        Screen.Line(told[worker.Status.Attempt] = line);
                    }
                }
            },
            cancellationToken
        );
    }

    private static object Report(IReadOnlyList<WorkerView> workers) =>
        new { Schema = "rig.list/1", Workers = workers.Select(w => WorkerReport.Of(w)).ToArray() };
}
