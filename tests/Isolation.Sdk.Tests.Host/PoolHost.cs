using System.Diagnostics;
using Isolation.Sdk.Git;
using Isolation.Sdk.IO;
using Isolation.Sdk.Leases;
using Isolation.Sdk.Workspaces;

namespace Isolation.Sdk.Tests.Host;

/// <summary>A warm pool in a process of its own, which can end itself at any named step or have another user.</summary>
internal static class PoolHost
{
    public static async Task<HostAnswer> AnswerAsync(HostRequest request, PoolRequest wanted)
    {
        GitRepository repository = await GitOpener.OpenAsync(request.Repository);
        CheckoutMethod filling = Enum.Parse<CheckoutMethod>(wanted.CheckoutMethod);
        int times = 0;
        FaultPoints faults = new(step =>
        {
            if (step == wanted.KillAt && Interlocked.Increment(ref times) == wanted.KillOn)
            {
                StepLog.KillSelf();
            }
        });

        WorkersDirectory? workers = request.UseWorkersDirectory is { } root ? new WorkersDirectory(root) : null;
        WorkspaceOptions options = new() { CheckoutMethod = filling, PoolSize = wanted.Size };
        await using GitWorkspaceProvider pool = wanted.Clones
            ? new PrivateCloneProvider(options, TimeProvider.System, workers) { Faults = faults }
            : new GitWorktreeProvider(options, TimeProvider.System, workers) { Faults = faults };
        if (wanted.KillAfter is { } milliseconds)
        {
            StepLog.KillSelfAfter(milliseconds);
        }

        Dictionary<string, IWorkspace> held = [];
        List<HostResult> answers = [];
        foreach (string act in wanted.Acts)
        {
            string[] words = act.Split(' ', 3);
            switch (words[0])
            {
                case "acquire":
                    answers.Add(await TryAcquireAsync(pool, repository, words[1], held));
                    break;
                case "run":
                    answers.Add(await RunAsync(held[words[1]].Info.Path, words[1], words[2]));
                    break;
                case "run-in-repository":
                    answers.Add(await RunAsync(request.Repository, "repository", act[(words[0].Length + 1)..]));
                    break;
                case "release":
                    await held[words[1]].ReleaseAsync(ReleaseMode.Recycle);
                    break;
                case "remove" when held.ContainsKey(words[1]):
                    await held[words[1]].ReleaseAsync(ReleaseMode.Remove);
                    break;
                case "settle":
                    await pool.SettleAsync();
                    await pool.SettleTemplatesAsync();
                    break;
            }
        }

        return new HostAnswer { Items = answers };
    }

    private static async Task<HostResult> TryAcquireAsync(
        GitWorkspaceProvider pool,
        GitRepository repository,
        string item,
        Dictionary<string, IWorkspace> held
    )
    {
        try
        {
            IWorkspace made = held[item] = await AcquireAsync(pool, repository, item);
            return new HostResult(item, made.Info.Path, made.Info.CheckedOutBy?.ToString(), null, []);
        }
        catch (IsolationException e)
        {
            return new HostResult(item, "", null, e.Fault, []);
        }
    }

    private static async Task<HostResult> RunAsync(string folder, string item, string script)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"{{ {script}\n}} 2>&1"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
            }
        )!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new HostResult(item, "Ran", said, null, []);
    }

    private static async Task<IWorkspace> AcquireAsync(GitWorkspaceProvider pool, GitRepository repository, string item)
    {
        string head = (await repository.RunAsync(CancellationToken.None, "rev-parse", "main")).Line;
        AttemptLease lease = new LeaseStore(
            repository.CommonDirectory,
            repository.Reference,
            TimeProvider.System
        ).Create(new AttemptId(item, 1));
        await repository.TryUpdateAsync(
            new RefTransaction().Create(AttemptNames.RefName(lease.Attempt), head),
            CancellationToken.None
        );
        return await pool.AcquireAsync(new WorkspaceRequest(lease, repository.Reference, head));
    }
}
