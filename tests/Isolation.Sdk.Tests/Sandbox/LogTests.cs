using System.Text;
using Isolation.Sdk.Monitoring;
using Isolation.Sdk.Sandbox;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Sandbox;

/// <summary>What is kept of what workers say, and what is never written down.</summary>
public sealed class LogTests
{
    [IsolationFact]
    public async Task A_log_has_both_streams_and_no_secret()
    {
        await using SandboxFixture sandbox = new();
        sandbox.Host["TOKEN"] = "s3cr3t&more";
        IStateScope scope = await sandbox.OpenAsync(o => o.Secrets.Add("TOKEN"));
        string log = Path.Combine(sandbox.Root, "out.log");

        await using (
            IWorkerProcess process = await scope.StartAsync(
                WorkerCommand.Of(sandbox.Script("echo out $TOKEN; echo err s3cr3t%26more >&2")) with
                {
                    LogFile = log,
                }
            )
        )
        {
            await process.Exit;
        }

        Assert.Equal("out ***\nerr ***\n", await File.ReadAllTextAsync(log));
    }

    [IsolationFact(Tier = Tier.Ci)]
    public async Task A_gigabyte_offered_is_sixteen_megabytes_kept_and_the_newest()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();
        string log = Path.Combine(sandbox.Root, "out.log");

        ExecResult exit;
        await using (
            IWorkerProcess process = await scope.StartAsync(
                WorkerCommand.Of(sandbox.Script("head -c 1073741824 /dev/zero; echo the end")) with
                {
                    LogFile = log,
                }
            )
        )
        {
            exit = await process.Exit;
        }

        Assert.Equal(0, exit.ExitCode);
        Assert.InRange(new FileInfo(log).Length, 8 * 1024 * 1024, 16 * 1024 * 1024);
        await using FileStream kept = File.OpenRead(log);
        kept.Seek(-8, SeekOrigin.End);
        byte[] end = new byte[8];
        await kept.ReadExactlyAsync(end);
        Assert.Equal("the end\n", Encoding.UTF8.GetString(end));
        Assert.Equal([log], Directory.GetFiles(sandbox.Root, "out.log*"));
    }

    [IsolationFact]
    public void Each_long_line_of_a_secret_is_masked_too() =>
        Assert.Equal(
            "*** \n*** end",
            new SecretMask(["-----BEGIN KEY-----\nabcdefghij\nxy"]).Mask("-----BEGIN KEY----- \nabcdefghij end")
        );

    [IsolationFact]
    public void Secrets_are_masked_wherever_chunks_are_cut()
    {
        SecretMask mask = new(["topsecret", "topsecretplus", "secr"]);
        byte[] text = Encoding.UTF8.GetBytes("a topsecret b topsecretplus c secr d topsecre top");

        for (int size = 1; size <= text.Length; size++)
        {
            List<byte> written = [];
            SecretMaskingWriter filter = new(mask, data => written.AddRange(data));
            foreach (byte[] chunk in text.Chunk(size))
            {
                filter.Add(chunk);
            }

            filter.End();
            Assert.Equal("a *** b *** c *** d top***e top", Encoding.UTF8.GetString([.. written]));
        }
    }

    [IsolationFact(Tools.Linux)]
    public async Task A_log_that_cannot_be_written_costs_the_log_and_not_the_worker()
    {
        await using SandboxFixture sandbox = new();
        IStateScope scope = await sandbox.OpenAsync();

        // Every write to this device answers "no space left".
        await using IWorkerProcess process = await scope.StartAsync(
            WorkerCommand.Of(sandbox.Script("head -c 1000000 /dev/zero; exit 4")) with
            {
                LogFile = "/dev/full",
            }
        );

        Assert.Equal(4, (await process.Exit).ExitCode);
    }
}
