using System.Globalization;

namespace Isolation.Sdk.Leaks;

/// <summary>What harms all code of a process, and cannot be put back: tried in a process of its own.</summary>
internal static class InProcessHarmRows
{
    private const int ExitCode = 77;
    private const int Heap = 256 << 20,
        Most = 160 << 20;

    // Only what does not get through is over sooner.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

#pragma warning disable RS0030 // That it is everybody's is what is shown, and there is nobody else.
    public static LeakRow Directory =>
        InProcessRows.Row(
            "N06",
            "the current directory",
            new InProcessProbe(_ =>
            {
                string before = Environment.CurrentDirectory;
                return new InProcessSteps(
                    _ => Environment.CurrentDirectory = Path.GetPathRoot(before)!,
                    _ => Path.GetFullPath("x") != Path.Combine(before, "x")
                )
                {
                    NoticePattern = "current directory",
                };
            })
            {
                NeedsOwnProcess = true,
            }
        );

    public static LeakRow Output =>
        InProcessRows.Row(
            "N12",
            "Console and Trace listeners",
            new InProcessProbe(word =>
            {
                StringWriter mine = new();
                return new InProcessSteps(
                    _ => Console.SetOut(mine),
                    _ =>
                    {
                        Console.Write(word);
                        return mine.ToString() == word;
                    }
                );
            })
            {
                NeedsOwnProcess = true,
            }
        );
#pragma warning restore RS0030

    public static LeakRow Pool =>
        InProcessRows.Row(
            "N11",
            "a starved thread pool",
            new InProcessProbe(_ =>
            {
                ManualResetEventSlim letGo = new();
                bool gaveUp = false;
                return new InProcessSteps(
                    _ =>
                    {
                        for (int left = Math.Max(500, 10 * Environment.ProcessorCount); left > 0; left--)
                        {
                            ThreadPool.UnsafeQueueUserWorkItem(_ => letGo.Wait(), null);
                        }

                        new Thread(() =>
                        {
                            gaveUp = !letGo.Wait(Patience);
                            letGo.Set();
                        })
                        {
                            IsBackground = true,
                        }.UnsafeStart();
                    },
                    _ =>
                    {
                        // It may be that B comes to this only because A gave up.
                        using ManualResetEventSlim ran = new();
                        ThreadPool.UnsafeQueueUserWorkItem(_ => ran.Set(), null);
                        bool inTime = ran.Wait(Patience) && !Volatile.Read(ref gaveUp);
                        letGo.Set();
                        ran.Wait();
                        return !inTime;
                    }
                );
            })
            {
                NeedsOwnProcess = true,
            }
        );

    public static LeakRow End =>
        InProcessRows.Row(
            "N18",
            "the end of the process",
            new InProcessProbe(_ => new InProcessSteps(_ => Environment.Exit(ExitCode), _ => false))
            {
                NeedsOwnProcess = true,
                ExpectedExitCode = ExitCode,
            }
        );

    public static LeakRow Memory =>
        InProcessRows.Row(
            "N19",
            "memory",
            new InProcessProbe(_ =>
            {
                byte[]? taken = null;
                return new InProcessSteps(
                    _ => taken = new byte[Most],
                    _ =>
                    {
                        // What A got, B would have got as well.
                        bool lacks = !Gets(Most);
                        GC.KeepAlive(taken);
                        return lacks;
                    }
                )
                {
                    Host = () =>
                    {
                        if (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > Heap)
                        {
                            throw new NotSupportedException(
                                "The heap of the process that tries it is larger than it was asked to be."
                            );
                        }
                    },
                };
            })
            {
                NeedsOwnProcess = true,
                Variables = [("DOTNET_GCHeapHardLimit", Heap.ToString("x", CultureInfo.InvariantCulture))],
            }
        );

    private static bool Gets(int size)
    {
        try
        {
            GC.KeepAlive(new byte[size]);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }
}
