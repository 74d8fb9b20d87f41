namespace ResearchFreeze.Autograd;

/// <summary>
/// What the ranks of one training run say to each other: each is a process, or a thread, with a device and a model of its own. Every rank makes the same calls in the same order. For one thread of a rank at a time.
/// Gradients are taken where they lie on the device, and what was issued on it before a call is seen by the call; a communicator that works on the device itself (NCCL) puts its work in the device's order and waits for nobody.
/// </summary>
public interface ICommunicator : IDisposable
{
    /// <summary>Which one this is, from 0.</summary>
    int Rank { get; }

    /// <summary>How many there are.</summary>
    int Size { get; }

    /// <summary>What carries the messages, for people: <c>Open MPI v4.1.4</c>.</summary>
    string Description { get; }

    /// <summary>Why memory of a device cannot be sent, in a few words; null: it can.</summary>
    string? Refuses(Device device);

    /// <summary>Begins range ← Σ of the ranks' ranges, in place, and returns at once. Until <see cref="WaitFor"/> the range is the communicator's.</summary>
    /// <param name="range">Real elements; as many on every rank.</param>
    /// <returns>Names the reduction: 0, 1, 2, ….</returns>
    long StartAllReduce(TensorRange range);

    /// <summary>What is issued on the device from now on sees the sum.</summary>
    /// <param name="reduction">What <see cref="StartAllReduce"/> gave; each is waited for once, in the order in which they began.</param>
    void WaitFor(long reduction);

    /// <summary>Copies a range of the rank <paramref name="root"/> to all others.</summary>
    void Broadcast(TensorRange range, int root);

    /// <summary>Sends a range to a rank, which receives it.</summary>
    void Send(TensorRange range, int to);

    /// <summary>Receives what a rank sends.</summary>
    void Receive(TensorRange range, int from);

    /// <summary>Gives every rank a few bytes of every rank, in their order: what is said beside the gradients.</summary>
    /// <param name="mine">As many bytes on every rank.</param>
    /// <param name="all"><see cref="Size"/> times as many.</param>
    void AllGather(ReadOnlySpan<byte> mine, Span<byte> all);

    /// <summary>Waits until all ranks are here.</summary>
    void Barrier();

    /// <summary>Ends the other ranks, which cannot go on without this one. Called once, after an error of this rank; what is called afterwards throws.</summary>
    /// <param name="reason">Why, in one line.</param>
    void Abort(string reason);
}
