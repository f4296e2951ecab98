using System.Buffers;
using static Isolation.Sdk.Leaks.LeakOutcome;

namespace Isolation.Sdk.Leaks;

/// <summary>What all code of one process shares. Each try puts back what it changed; what would harm the process that
/// tries it has one of its own.</summary>
internal static class InProcessSharedRows
{
    private const string Noticed = "compared when a worker begins and ends, and told as a notice";
    private const string Switch = "System.Net.Http.UseNativeHttpHandler"; // It means something on phones only.

    public static IEnumerable<LeakRow> All =>
        [
            InProcessRows
                .Row("N05", "statics and singletons", word =>
                {
                    List<string> shared = [];
                    return new InProcessSteps(_ => shared.Add(word), _ => shared.Contains(word));
                })
                .Cooperative(LeakOutcome.Leak, "open for one process: only scoped services are a worker's own"),
            InProcessHarmRows.Directory.Cooperative(Detected, Noticed),
#pragma warning disable RS0030 // That it is everybody's is what is shown; the name is the try's own, and it is taken back.
            InProcessRows
                .Row("N07", "environment variables", word => new InProcessSteps(
                    _ => Environment.SetEnvironmentVariable(word, "A"),
                    _ => Environment.GetEnvironmentVariable(word) is not null
                )
                {
                    Undo = () => Environment.SetEnvironmentVariable(word, null),
                    NoticePattern = word,
                })
                .Cooperative(Detected, Noticed),
#pragma warning restore RS0030

            HttpClientRow.Row.Cooperative(
                LeakOutcome.Sealed,
                "a handler on offer that keeps no cookies, for a client of the worker's own"
            ),
            InProcessHarmRows.Pool.Cooperative(
                LeakOutcome.Leak,
                "open for one process: the pool is everybody's; a runner has a thread of its own up to its "
                    + "first wait only"
            ),
            InProcessHarmRows.Output.Cooperative(
                LeakOutcome.Leak,
                "open for one process: the console is everybody's; another number of trace listeners is "
                    + "told as a notice"
            ),
            InProcessRows
                .Row("N14", "thread statics", word =>
                {
                    ThreadLocal<string?> slot = new();
                    return new InProcessSteps(_ => slot.Value = word, _ => slot.Value == word) { Undo = slot.Dispose };
                })
                .Cooperative(
                    LeakOutcome.Sealed,
                    "a runner has a thread of its own up to its first wait; open after it"
                ),
            InProcessRows
                .Row("N15", "buffers of the shared pool", word =>
                {
                    const int Size = 500_000,
                        Count = 8;
                    byte[] mark = System.Text.Encoding.ASCII.GetBytes(word);
                    byte[][] Rent() => [.. Enumerable.Range(0, Count).Select(_ => ArrayPool<byte>.Shared.Rent(Size))];
                    void Return(byte[][] buffers, bool clear) =>
                        Array.ForEach(buffers, b => ArrayPool<byte>.Shared.Return(b, clear));
                    return new InProcessSteps(
                        _ =>
                        {
                            byte[][] buffers = Rent();
                            Array.ForEach(buffers, b => mark.CopyTo(b, 0));
                            Return(buffers, clear: false);
                        },
                        _ =>
                        {
                            byte[][] buffers = Rent();
                            bool found = buffers.Any(b => b.AsSpan(0, mark.Length).SequenceEqual(mark));
                            Return(buffers, clear: true);
                            return found;
                        }
                    );
                })
                .Cooperative(
                    LeakOutcome.Leak,
                    "open for one process: the pool is everybody's; a worker clears what it returns"
                ),
            InProcessRows
                .Row("N17", "AppContext switches", _ =>
                {
                    bool before = AppContext.TryGetSwitch(Switch, out bool on) && on;
                    return new InProcessSteps(
                        _ => AppContext.SetSwitch(Switch, !before),
                        _ => AppContext.TryGetSwitch(Switch, out bool now) && now != before
                    )
                    {
                        Undo = () => AppContext.SetSwitch(Switch, before),
                        NoticePattern = Switch,
                    };
                })
                .Cooperative(Detected, Noticed),
            InProcessHarmRows.End.Cooperative(LeakOutcome.Leak, "open for one process: it ends every worker"),
            InProcessHarmRows.Memory.Cooperative(LeakOutcome.Leak, "open for one process: the heap is one"),
        ];
}
