using Isolation.Sdk;

namespace Rig.Running;

/// <summary>From what a command was asked for to a pipeline.</summary>
internal static class Composition
{
    public static IsolationPipeline Of(RunSettings settings) =>
        Merging(
                new IsolationPipelineBuilder(settings.Repository.Path)
                    .Configure(o =>
                    {
                        o.MaxWorkers = settings.Workers ?? o.MaxWorkers;
                        o.MaxAttempts = settings.Attempts;
                    })
                    .Sandbox.UseProcess(o =>
                    {
                        foreach (string name in settings.Inherit)
                        {
                            o.Inherit.Add(name);
                        }

                        foreach (string name in settings.Secrets)
                        {
                            o.Secrets.Add(name);
                        }

                        foreach (string path in settings.Shared)
                        {
                            o.CopyFromHome.Add(path);
                        }
                    })
                    .Target(settings.Target, settings.From, settings.Follow),
                settings
            )
            .RunProcess(settings.Command[0], [.. settings.Command.Skip(1)])
            .Build();

    /// <summary>A pipeline that can only look at what is left and clean it up.</summary>
    public static IsolationPipeline ForCleaning(RepositoryRef repository, string target) =>
        new IsolationPipelineBuilder(repository.Path)
            .Merging.UseManual()
            .Target(target)
            .RunWith((_, _) => Task.CompletedTask)
            .Build();

    /// <summary>A pipeline that is only asked what it would give here.</summary>
    public static IsolationPipeline ForLooking(RepositoryRef repository, SandboxLevel level) =>
        new IsolationPipelineBuilder(repository.Path)
            .UseLevel(level)
            .Merging.UseManual()
            .Target("landing", from: "main")
            .RunProcess("git")
            .Build();

    private static IsolationPipelineBuilder Merging(IsolationPipelineBuilder builder, RunSettings settings) =>
        settings.Merge switch
        {
            MergeChoice.FirstWins => builder.Merging.UseFirstWins(o => o.HoldReverts = settings.HoldReverts),
            MergeChoice.Queue => builder.Merging.UseSerialQueue(o =>
            {
                o.HoldReverts = settings.HoldReverts;
                foreach (string[] gate in settings.Gates)
                {
                    o.Gates.Add(gate[0], gate[1..]);
                }
            }),
            MergeChoice.Refinery => builder.Merging.UseRefinery(o =>
            {
                o.HoldReverts = settings.HoldReverts;
                (o.MaxConcurrency, o.BatchSize) = (settings.MaxConcurrency ?? o.MaxConcurrency, settings.BatchSize);
                foreach (string[] gate in settings.Gates)
                {
                    o.Gates.Add(gate[0], gate[1..]);
                }
            }),
            _ => builder.Merging.UseManual(),
        };
}
