using ILGPU.Runtime;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>A driver of graphs for OpenCL: a graph is what issues its commands. It counts, and refuses where it is told to.</summary>
internal sealed class FakeGraphDriver : IGraphDriver
{
    private readonly Dictionary<nint, Action> graphs = [];
    private nint next = 1;

    public bool Refuses { get; set; }

    public int Made { get; private set; }

    public int Launches { get; private set; }

    public int Alive => graphs.Count;

    public nint Make(AcceleratorStream stream, Action issue)
    {
        if (Refuses) throw new GraphException("cuGraphInstantiate failed with CUDA_ERROR_NOT_SUPPORTED");
        Made++;
        graphs.Add(next, issue);
        return next++;
    }

    public void Launch(nint graph, AcceleratorStream stream)
    {
        Launches++;
        graphs[graph]();
    }

    public void Destroy(nint graph) => Assert.True(graphs.Remove(graph));
}
