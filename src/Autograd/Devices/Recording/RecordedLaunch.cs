namespace ResearchFreeze.Autograd;

/// <summary>One command of a recorded step, with its arguments.</summary>
internal abstract class RecordedLaunch : IDisposable
{
    /// <summary>What it is, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Whether its arguments have been prepared, so that only the launch is left to do.</summary>
    public virtual bool IsPrepared => false;

    /// <summary>Gives the command to the device again.</summary>
    public abstract void Issue();

    /// <summary>Whether another command is the same, argument by argument.</summary>
    public abstract bool IsSame(RecordedLaunch other);

    /// <summary>Releases what was prepared.</summary>
    public virtual void Dispose()
    {
    }
}
