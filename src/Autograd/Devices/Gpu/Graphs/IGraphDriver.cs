using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>A driver that makes a graph of many commands and gives all of them to the device by one call.</summary>
internal interface IGraphDriver
{
    /// <summary>Makes a graph of the commands that are issued into a stream, none of which is carried out.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="issue">Issues them; waits for nothing and allocates nothing.</param>
    /// <returns>What <see cref="Launch"/> takes; <see cref="Destroy"/> releases it.</returns>
    /// <exception cref="GraphException">The driver refused; the stream is as before.</exception>
    nint Make(AcceleratorStream stream, Action issue);

    /// <summary>Carries a graph out, in order with the stream's work.</summary>
    /// <exception cref="GraphException">The driver refused.</exception>
    void Launch(nint graph, AcceleratorStream stream);

    /// <summary>Releases a graph that does not run.</summary>
    void Destroy(nint graph);
}
