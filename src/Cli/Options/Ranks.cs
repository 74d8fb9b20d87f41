using ResearchFreeze.Autograd;
using ResearchFreeze.Distributed;
using ResearchFreeze.DynamicFreeze;
using Spectre.Console;

namespace ResearchFreeze.Cli;

/// <summary>The ranks that a verb runs on: the first one writes to the terminal, what all have found wrong is said once, and a rank that fails by itself says so and ends the others.</summary>
internal sealed class Ranks
{
    private readonly Mpi? mpi;

    private Ranks(Mpi? mpi, IAnsiConsole console, TextWriter error) => (this.mpi, Console, Error) = (mpi, console, error);

    /// <summary>The ranks; null: there is one.</summary>
    public ICommunicator? Communicator => mpi;

    /// <summary>Where a report goes; on the others, nowhere.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Where warnings go; on the others, nowhere.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether this is the rank that writes.</summary>
    public bool IsFirst => mpi is not { Rank: > 0 };

    /// <summary>Threads of a device where the command line says none: the processors, shared out among the ranks of this machine; 0: as ever.</summary>
    public int Threads => mpi is null ? 0 : Math.Max(1, Environment.ProcessorCount / Math.Max(1, Launch.LocalRanks(Environment.GetEnvironmentVariable)));

    /// <summary>Runs a verb's work on the ranks that were started.</summary>
    /// <param name="how">What carries the messages: <c>mpi</c>; null: there is one rank.</param>
    /// <param name="console">Where a report goes.</param>
    /// <param name="error">Where errors go.</param>
    /// <param name="work">The work; gives the exit code.</param>
    /// <param name="call">Who of those that were started is there; null: all.</param>
    public static int Run(string? how, IAnsiConsole console, TextWriter error, Func<Ranks, int> work, RollCall? call = null)
    {
        if (how is null)
        {
            if (Launch.Alone(Environment.GetEnvironmentVariable) is { } alone) error.WriteLine($"warning: {alone}");
            return work(new Ranks(null, console, error));
        }
        (Mpi mpi, bool isComplete) = (call ?? new RollCall()).Begin();
        if (!isComplete)
        {
            mpi.Dispose();
            return FreezeCommand.BadInput;
        }
        bool isFirst = mpi.Rank == 0;
        // What only this rank knows is said by it, at once: the job may end with it.
        TextWriter own = isFirst ? error : System.Console.Error;
        mpi.Warn = line => own.WriteLine($"warning: {line}");
        IAnsiConsole nowhere = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null), Interactive = InteractionSupport.No, Ansi = AnsiSupport.No });
        try
        {
            int code = work(new Ranks(mpi, isFirst ? console : nowhere, isFirst ? error : TextWriter.Null));
            mpi.Dispose();
            return code;
        }
        catch (SharedFailureException failure)
        {
            // All ranks are here: MPI ends as it should, and the one that is to say it says it.
            mpi.Dispose();
            if (failure.Speaker == mpi.Rank) throw failure.InnerException!;
            return FreezeCommand.BadInput;
        }
        catch (Exception exception)
        {
            // The others cannot know, and would wait.
            string line = (exception is not CommunicationException && PartFailure.Of(exception) is { } part ? $"{part}: {exception.GetType().Name}: {exception.Message}" : exception.Message).ReplaceLineEndings(" ");
            own.WriteLine($"error: {(exception is CommunicationException && line.StartsWith("rank ", StringComparison.Ordinal) ? "" : $"rank {mpi.Rank} of {mpi.Size}: ")}{line}");
            own.Flush();
            mpi.Abort(line);
            return FreezeCommand.Failed;
        }
    }

    /// <summary>Work that each rank does by itself before training: where it fails on one, all stop, and one of those on which it did says why.</summary>
    public T Together<T>(Func<T> work)
    {
        if (mpi is null) return work();
        Exception? failure = null;
        T? result = default;
        try
        {
            result = work();
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        byte[] all = new byte[mpi.Size];
        mpi.AllGather([(byte)(failure is null ? 0 : 1)], all);
        if (Array.IndexOf(all, (byte)1) is >= 0 and int speaker)
        {
            (result as IDisposable)?.Dispose();
            throw new SharedFailureException(speaker, failure);
        }
        return result!;
    }

    /// <summary>What each rank has found by itself and all then go by: where it is not the same, all stop.</summary>
    /// <param name="found">What this one has found.</param>
    /// <param name="difference">What is to be said, by a rank on which it is so, where it is not so on all.</param>
    public bool Alike(bool found, string difference)
    {
        if (mpi is null) return found;
        byte[] all = new byte[mpi.Size];
        mpi.AllGather([(byte)(found ? 1 : 0)], all);
        int first = Array.IndexOf(all, (byte)1);
        return first < 0 || !all.Contains((byte)0) ? found : throw new SharedFailureException(first, new ArgumentException(difference));
    }

    /// <summary>What all ranks compare with one another, so that it fails on all of them.</summary>
    public void Compare(Action<ICommunicator> check)
    {
        if (mpi is null) return;
        try
        {
            check(mpi);
        }
        catch (ArgumentException exception)
        {
            throw new SharedFailureException(0, exception);
        }
    }

    /// <summary>Says that the run was asked to end.</summary>
    public void ToldToEnd() => mpi?.ToldToEnd();
}
