using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace ResearchFreeze.Autograd;

/// <summary>A kernel's launch in a recorded step.</summary>
internal abstract class GpuLaunch(string name, Kernel kernel, KernelConfig config) : RecordedLaunch
{
    // On OpenCL a kernel of its own, whose arguments stay as they were.
    private ClLaunch? prepared;

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override bool IsPrepared => prepared is not null;

    /// <summary>Notes a launch that has just been made.</summary>
    public static GpuLaunch Of<TArguments>(string name, Kernel kernel, KernelConfig config, TArguments arguments, Action<TArguments> launch)
    {
        var result = new GpuLaunch<TArguments>(name, kernel, config, arguments, launch);
        if (kernel is CLKernel openCl) result.prepared = ClLaunch.Of(openCl, config);
        return result;
    }

    /// <summary>Launches with this stream where the launch was prepared; false: it was not.</summary>
    protected bool IssuePrepared() => prepared?.Issue() ?? false;

    /// <summary>Whether another launch is of the same kernel and as large.</summary>
    protected bool IsOfSameKernel(GpuLaunch other) => ReferenceEquals(other.Kernel, kernel) && other.Config.GridDim == config.GridDim && other.Config.GroupDim == config.GroupDim;

    /// <inheritdoc/>
    public override void Dispose()
    {
        prepared?.Dispose();
        prepared = null;
    }

    private Kernel Kernel => kernel;

    private KernelConfig Config => config;
}

/// <summary>The same with its arguments.</summary>
internal sealed class GpuLaunch<TArguments>(string name, Kernel kernel, KernelConfig config, TArguments arguments, Action<TArguments> launch) : GpuLaunch(name, kernel, config)
{
    /// <inheritdoc/>
    public override void Issue()
    {
        if (!IssuePrepared()) launch(arguments);
    }

    /// <inheritdoc/>
    public override bool IsSame(RecordedLaunch other) =>
        other is GpuLaunch<TArguments> same && IsOfSameKernel(same) && EqualityComparer<TArguments>.Default.Equals(same.Arguments, arguments);

    private TArguments Arguments => arguments;
}
