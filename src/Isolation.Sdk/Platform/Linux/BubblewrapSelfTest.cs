using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Platform;

/// <summary>Tries, once, whether a sealed process is one: it has to start, and a remount of a read-only folder has to fail inside. Whatever cannot be proven is refused.</summary>
/// <param name="parts">Which parts of the seal.</param>
/// <param name="time">The clock.</param>
internal sealed class BubblewrapSelfTest(ConfinementParts parts, TimeProvider time)
{
    private const string Install =
        "Install bubblewrap (apt-get install bubblewrap) and allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns=0).";
    private const string Started = "started",
        Escaped = "escaped";

    // The remount needs no device and no rights but the ones a sandbox must not leave.
    private const string Attempt = "echo " + Started + "; mount -o remount,rw,bind /usr 2>/dev/null && echo " + Escaped;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<IsolationFault>> RunAsync()
    {
        if (!OperatingSystem.IsLinux())
        {
            return
            [
                new IsolationFault(
                    SandboxCodes.LevelNeedsLinux,
                    "Workers can be sealed on Linux only.",
                    "Use SandboxLevel.Cooperative here, or run the host on Linux (in a virtual machine, say)."
                ),
            ];
        }

        if (!LinuxProcess.IsAvailable || !SeccompFilter.IsKnown)
        {
            return
            [
                new IsolationFault(
                    SandboxCodes.CannotSeal,
                    "Sealed starts need 64-bit Linux on x86-64 or aarch64 with glibc 2.34 or later.",
                    "Use such a machine, or SandboxLevel.Cooperative."
                ),
            ];
        }

        if (BubblewrapConfinement.Program is null)
        {
            return [new IsolationFault(SandboxCodes.CannotSeal, "There is no bwrap in /usr/bin.", Install)];
        }

        string? mount = new[] { "/usr/bin/mount", "/bin/mount" }.FirstOrDefault(File.Exists);
        if (mount is null)
        {
            return
            [
                new IsolationFault(
                    SandboxCodes.CannotSeal,
                    "There is no mount in /usr/bin, by which an escape is tried.",
                    "Install mount (util-linux)."
                ),
            ];
        }

        try
        {
            string said = await SaysAsync().ConfigureAwait(false);
            string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines switch
            {
                [Started] => [],
                [Started, Escaped] =>
                [
                    new IsolationFault(
                        SandboxCodes.Escaped,
                        "A process inside a sandbox of bwrap could remount the machine's folders for writing.",
                        "Do not run untrusted code here; report what bwrap --version says."
                    ),
                ],
                _ =>
                [
                    new IsolationFault(
                        SandboxCodes.CannotSeal,
                        $"bwrap could not make a sandbox: {said.Trim()}.",
                        Install
                    ),
                ],
            };
        }
        catch (IsolationException e)
        {
            return [e.Fault];
        }
    }

    private async Task<string> SaysAsync()
    {
        using IScopeConfinement seal = new BubblewrapConfinement(time, parts).ForScope(
            new AccessScope([], [], [], NetworkAccess.None)
        );
        Dictionary<string, string> environment = new() { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["LC_ALL"] = "C" };
        ProcessSpec launch = seal.Apply(
            new ProcessSpec("/bin/sh", ["-c", Attempt], "/", environment, OpenInput: false, Log: null)
        );
        ChildProcess process = await LinuxChildProcess
            .StartAsync(launch, ProcessMarker.New(), null, "", time)
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
