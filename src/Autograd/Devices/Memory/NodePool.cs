namespace ResearchFreeze.Autograd;

/// <summary>Spare nodes and passes of a device. Returning a node returns the chain of nodes that only it referred to, without recursion.</summary>
internal sealed class NodePool
{
    private readonly Stack<Node> spare = new();
    private readonly Stack<Node> returning = new();
    private readonly Stack<BackwardPass> passes = new();
    private bool isReturning;

    public Node Rent(Function function, Device device, InputSet wanted, ReadOnlySpan<TensorBase> inputs)
    {
        if (!spare.TryPop(out Node? node)) node = new Node();
        node.Start(function, device, wanted, inputs);
        return node;
    }

    public void Return(Node node)
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

    public BackwardPass RentPass() => passes.TryPop(out BackwardPass? pass) ? pass : new BackwardPass();

    public void Return(BackwardPass pass) => passes.Push(pass);
}
