using System.Collections.Concurrent;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Spare nodes and passes of a device. Returning a node returns the chain of nodes that only it referred to, without recursion. A node whose last handle goes while another thread has the device waits for the next one that is
/// returned, or for the device's end: what it kept is counted, and counting is the holder's.
/// </summary>
internal sealed class NodePool(DeviceHold hold)
{
    private readonly Stack<Node> spare = new();
    private readonly Stack<Node> returning = new();
    private readonly Stack<BackwardPass> passes = new();
    private readonly ConcurrentQueue<Node> late = new();
    private bool isReturning;

    public Node Rent(Function function, Device device, InputSet wanted, ReadOnlySpan<TensorBase> inputs)
    {
        if (!spare.TryPop(out Node? node)) node = new Node();
        node.Start(function, device, wanted, inputs);
        return node;
    }

    public void Return(Node node)
    {
        if (!hold.TryEnter())
        {
            late.Enqueue(node);
            return;
        }
        try
        {
            Drop(node);
            TakeLate();
        }
        finally
        {
            hold.Exit();
        }
    }

    /// <summary>Returns the nodes that had to wait.</summary>
    public void TakeLate()
    {
        while (!late.IsEmpty && late.TryDequeue(out Node? node)) Drop(node);
    }

    public BackwardPass RentPass() => passes.TryPop(out BackwardPass? pass) ? pass : new BackwardPass();

    public void Return(BackwardPass pass) => passes.Push(pass);

    private void Drop(Node node)
    {
        returning.Push(node);
        if (isReturning) return;
        isReturning = true;
        while (returning.TryPop(out Node? next))
        {
            next.Drop();
            spare.Push(next);
        }
        isReturning = false;
    }
}
