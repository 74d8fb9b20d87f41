using System.Reflection;
using ILGPU.Backends;

namespace ResearchFreeze.Autograd;

/// <summary>
/// What kernels were compiled to, before a driver has seen it. A device has its own; devices of one kind that are given the same one compile a kernel once, and their driver, which keeps what it built by its source, builds it
/// once. For tests that need many devices, one after the other: not thread-safe.
/// </summary>
internal sealed class CompiledKernels
{
    private readonly Dictionary<MethodInfo, CompiledKernel> kernels = [];

    /// <summary>The compiled kernel; compiles it where there is none yet.</summary>
    public CompiledKernel Get(MethodInfo kernel, Func<MethodInfo, CompiledKernel> compile)
    {
        if (!kernels.TryGetValue(kernel, out CompiledKernel? compiled)) kernels[kernel] = compiled = compile(kernel);
        return compiled;
    }
}
