namespace Isolation.Sdk.Platform;

// A sealed process is one if a remount of a read-only folder fails inside. What cannot be proven is refused.
internal sealed class BubblewrapSelfTest(ConfinementParts parts, TimeProvider time)
{
    private const string Install =
        "Install bubblewrap (apt-get install bubblewrap) and allow user namespaces (sysctl "
        + "user.max_user_namespaces, kernel.unprivileged_userns_clone, "
        + "kernel.apparmor_restrict_unprivileged_userns=0).";
    private const string Started = "started",
        Escaped = "escaped";

    // The remount needs no device and no rights but the ones a sandbox must not leave.
    private const string Attempt = "echo " + Started + "; mount -o remount,rw,bind /usr 2>/dev/null && echo " + Escaped;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<IsolationFault>> RunAsync() =>
        await FindProblemAsync().ConfigureAwait(false) is { } fault ? [fault] : [];

    private async Task<IsolationFault?> FindProblemAsync()
    {
        if (RestrictedConfinement.FindProblem(SandboxCodes.CannotSeal) is { } machine)
        {
            return machine;
        }

        if (BubblewrapConfinement.Program is null)
        {
            return new IsolationFault(SandboxCodes.CannotSeal, "There is no bwrap in /usr/bin.", Install);
        }

        if (!File.Exists("/usr/bin/mount") && !File.Exists("/bin/mount"))
        {
            return new IsolationFault(
                SandboxCodes.CannotSeal,
                "There is no mount in /usr/bin, by which an escape is tried.",
                "Install mount (util-linux)."
            );
        }

        try
        {
            string said = await TryEscapeAsync().ConfigureAwait(false);
            return said.Split('\n', StringSplitOptions.RemoveEmptyEntries) switch
            {
                [Started] => null,
                [Started, Escaped] => new IsolationFault(
                    SandboxCodes.Escaped,
                    "A process inside a sandbox of bwrap could remount the machine's folders for writing.",
                    "Do not run untrusted code here; report what bwrap --version says."
                ),
                _ => new IsolationFault(
                    SandboxCodes.CannotSeal,
                    $"bwrap could not make a sandbox: {said.Trim()}.",
                    Install
                ),
            };
        }
        catch (IsolationException e)
        {
            return e.Fault;
        }
    }

    private async Task<string> TryEscapeAsync()
    {
        using IScopeConfinement confinement = new BubblewrapConfinement(time, parts).ForScope(
            new AccessScope([], [], [], NetworkAccess.None)
        );
        Dictionary<string, string> environment = new() { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["LC_ALL"] = "C" };
        ProcessSpec spec = new("/bin/sh", ["-c", Attempt], "/", environment, ProcessMark.NewMarker());
        ChildProcess process = await LinuxLauncher
            .StartAsync(confinement.Apply(spec), CommandCgroups.None, LimitValues.None, "", [], time)
            .ConfigureAwait(false);
        try
        {
            using StreamReader output = new(process.Output),
                error = new(process.Error);
            using CancellationTokenSource limit = new(Limit, time);
            Task<string> wrong = error.ReadToEndAsync(limit.Token);
            return await output.ReadToEndAsync(limit.Token).ConfigureAwait(false) + await wrong.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return $"it did not answer within {Limit.TotalSeconds} seconds";
        }
        finally
        {
            await process.EndAsync(TimeSpan.Zero).ConfigureAwait(false);
        }
    }
}
