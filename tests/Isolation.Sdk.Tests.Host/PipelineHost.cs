using System.Globalization;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Testing;

namespace Isolation.Sdk.Tests.Host;

/// <summary>Carries requests out with the public API alone.</summary>
internal static class PipelineHost
{
    public static async Task<HostAnswer> AnswerAsync(HostRequest request)
    {
        try
        {
            if (request.Mode == "worktrees")
            {
                return await MakeWorktreesAsync(request);
            }

            if (request.Mode == "repository")
            {
                // On this process's own disk, with which it goes.
                return new HostAnswer
                {
                    Items = [new HostResult((await ThrowawayRepository.CreateAsync()).Path, "Landed", null, null, [])],
                };
            }

            if (request.Mode == "size")
            {
                return new HostAnswer
                {
                    Items =
                    [
                        new HostResult(
                            PlatformFiles
                                .Current.MeasureUsage(request.Repository)
                                .ToString(CultureInfo.InvariantCulture),
                            "Landed",
                            null,
                            null,
                            []
                        ),
                    ],
                };
            }

            await using IsolationPipeline pipeline = Compose(request);
            return request.Mode switch
            {
                "run" => await RunAsync(pipeline, request),
                "plan" => new HostAnswer { Cleaned = (await pipeline.PlanCleanAsync()) },
                "clean" => new HostAnswer { Cleaned = (await pipeline.CleanAsync(await pipeline.PlanCleanAsync())) },
                _ => throw new ArgumentException(request.Mode),
            };
        }
        catch (IsolationConfigurationException e)
        {
            return new HostAnswer { Faults = e.Faults };
        }
        catch (IsolationException e)
        {
            return new HostAnswer { Faults = [e.Fault] };
        }
    }

    private static IsolationPipeline Compose(HostRequest request)
    {
        IsolationPipelineBuilder builder = new IsolationPipelineBuilder(request.Repository)
            .Configure(o =>
                (o.MaxWorkers, o.MaxAttempts, o.RetryDelay, o.StopGrace) = (
                    request.AtOnce,
                    request.Attempts,
                    TimeSpan.Zero,
                    TimeSpan.FromSeconds(2)
                )
            )
            .Waive("ISO0916", "a test")
            .Workspaces.UseGitWorktrees(o =>
            {
                o.BranchTemplate = request.Template ?? o.BranchTemplate;
                if (request.Shared is { } shared)
                {
                    o.AddSymbolicLink(shared);
                }

                o.MaxWaitForSpace = request.Admission ? TimeSpan.Zero : null;
                if (request.Copied is { } copied)
                {
                    o.CopyIgnored.Add(copied);
                }
            })
            .Target(request.Target, request.From);
        if (request.Fetch is { } remote)
        {
            builder.FetchBeforeAttempts(remote);
        }

        if (request.Nodes.Count > 0)
        {
            return builder
                .UseRunner("script")
                .UseDispatcher((_, host) => new NodeDispatcher(host, request.Nodes))
                .Merging.UseFirstWins()
                .Build();
        }

        if (request.Merging)
        {
            builder.Merging.UseFirstWins();
        }

        if (request.UseWorkersDirectory is { } root)
        {
            builder.UseWorkersDirectory(root);
        }

        return (
            request.Command.Count > 0
                ? builder.RunProcess(request.Command[0], [.. request.Command.Skip(1)])
                : builder.RunWith((worker, token) => WorkAsync(worker, request, token))
        ).Build();
    }

    private static async Task<HostAnswer> RunAsync(IsolationPipeline pipeline, HostRequest request)
    {
        await using IsolationRun run = pipeline.Start([
            .. request.Items.Select(i => new WorkItem(i.Id, i.Title)
            {
                Instructions = i.Instructions,
                BlockedBy = i.BlockedBy,
                Base = i.Base,
            }),
        ]);
        IsolationSummary summary = await run.Completion;
        return new HostAnswer
        {
            Items =
            [
                .. summary.Items.Select(i => new HostResult(
                    i.Item.Id,
                    i.Outcome.ToString(),
                    i.Reason,
                    i.Attempts.LastOrDefault()?.Fault,
                    [.. i.Attempts.Select(a => a.Attempt.Number)]
                )),
            ],
        };
    }

    private static async Task<HostAnswer> MakeWorktreesAsync(HostRequest request)
    {
        StandaloneWorkspace[] made = await Task.WhenAll(
            request.Items.Select(_ => Task.Run(() => StandaloneWorkspace.CreateWorktreeAsync(request.Repository)))
        );
        foreach (StandaloneWorkspace tree in made)
        {
            await MeetAsync(
                request,
                $"{Environment.ProcessId}-{Path.GetFileName(Path.GetDirectoryName(tree.Path)!)}",
                tree.Path,
                waits: false,
                CancellationToken.None
            );
        }

        await MeetAsync(request, null, null, waits: true, CancellationToken.None);
        await Task.WhenAll(made.Select(tree => Task.Run(async () => await tree.DisposeAsync())));
        return new HostAnswer
        {
            Items = [.. made.Select(tree => new HostResult(tree.Branch, "Landed", null, null, [1]))],
        };
    }

    private static async Task MeetAsync(
        HostRequest request,
        string? name,
        string? path,
        bool waits,
        CancellationToken cancellationToken
    )
    {
        if (request.Barrier is not { } barrier)
        {
            return;
        }

        if (name is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(barrier, name), path, cancellationToken);
        }

        while (waits && Directory.GetFiles(barrier).Length < request.Together)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    private static async Task WorkAsync(IsolatedWorker worker, HostRequest request, CancellationToken cancellationToken)
    {
        // The folder of a worker is its attempt's name made safe.
        string name = Path.GetFileName(Path.GetDirectoryName(worker.Workspace.Path)!);
        await MeetAsync(
            request,
            $"{Environment.ProcessId}-{name}",
            worker.Workspace.Path,
            waits: true,
            cancellationToken
        );
        await File.WriteAllTextAsync(Path.Combine(worker.Workspace.Path, name + ".txt"), "mine\n", cancellationToken);
    }
}
