using System.Runtime.InteropServices;

namespace ResearchFreeze.Cli;

/// <summary>What ends the runs that a verb makes in processes of their own.</summary>
internal static class StopSignals
{
    /// <summary>Works until it is done, or stopped: the runs at work end their step and write a checkpoint. A terminal sends its signals to them too; of the second one, and of a request to end, they learn here.</summary>
    /// <param name="work">Gets what says that no further run begins, and what says that those at work are to end.</param>
    public static int Watch(Func<CancellationToken, CancellationToken, Task<int>> work)
    {
        // Never disposed: a signal may be on its way when all is done.
        CancellationTokenSource stop = new(), end = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        return work(stop.Token, end.Token).GetAwaiter().GetResult();

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            // A request to end that is not the terminal's reaches this process alone.
            if (stop.IsCancellationRequested || context.Signal == PosixSignal.SIGTERM) end.Cancel();
            stop.Cancel();
        }
    }
}
