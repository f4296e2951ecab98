using System.Globalization;
using System.Text;

namespace Isolation.Sdk.Runners;

// The reporting end of a process runner: turns lines of the events file into what the worker can say. See
// docs/reference/runner-protocol.md.
internal sealed class RunnerProtocol(IsolatedWorker worker)
{
    public const string EventsVariable = "ISOLATION_EVENTS";
    public const string InboxVariable = "ISOLATION_INBOX";

    private const int MaxBadLinesReported = 10;

    private int _lines;
    private int _bad;

    public RunResult? Result { get; private set; }

    public async Task HandleLineAsync(byte[]? line, CancellationToken cancellationToken)
    {
        _lines++;
        if (line is not null && string.IsNullOrWhiteSpace(Encoding.UTF8.GetString(line)))
        {
            return;
        }

        if (line is null || RunnerReport.TryParse(line) is not { } reports)
        {
            ReportBadLine(line is null);
            return;
        }

        foreach (RunnerReport report in reports)
        {
            try
            {
                await ApplyAsync(report, cancellationToken).ConfigureAwait(false);
            }
            catch (IsolationException e)
            {
                // A note that is too long, say: the line is at fault, not the run.
                worker.ReportProgress(
                    $"events file, line {_lines.ToString(CultureInfo.InvariantCulture)}: {e.Message}"
                );
            }
        }
    }

    private async Task ApplyAsync(RunnerReport report, CancellationToken cancellationToken)
    {
        switch (report.Kind)
        {
            case "phase":
                worker.ReportPhase(report.Text);
                break;
            case "progress":
                worker.ReportProgress(report.Text);
                break;
            case "blocked":
                await worker.ReportBlockerAsync(report.Text, cancellationToken).ConfigureAwait(false);
                break;
            case "handoff":
                await worker.HandoffAsync(report.Text, cancellationToken).ConfigureAwait(false);
                break;
            case "comment":
                await worker.CommentAsync(report.Text, cancellationToken).ConfigureAwait(false);
                break;
            default:
                Result = report.Result;
                break;
        }
    }

    // Says where, never what: a worker could have linked anything there.
    private void ReportBadLine(bool tooLong)
    {
        if (++_bad <= MaxBadLinesReported)
        {
            worker.ReportProgress(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"events file, line {_lines}: "
                        + $"{(tooLong ? $"longer than {LineTail.MaxLine} bytes" : "not of the protocol")}; "
                        + $"passed "
                        + $"over{(_bad == MaxBadLinesReported ? ", as further ones will be silently" : "")}"
                )
            );
        }
    }
}
