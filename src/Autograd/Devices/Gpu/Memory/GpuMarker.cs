using ILGPU.Runtime;

namespace ResearchFreeze.Autograd;

/// <summary>A place in a stream that the host can wait for.</summary>
internal sealed class GpuMarker
{
    private ProfilingMarker? marker;

    /// <summary>Behind all that the stream has been given so far.</summary>
    public void Set(AcceleratorStream stream)
    {
        Clear();
        marker = stream.AddProfilingMarker();
    }

    /// <summary>Waits until the stream is there; false if the marker is not set.</summary>
    public bool Wait()
    {
        if (marker is null) return false;
        marker.Synchronize();
        Clear();
        return true;
    }

    /// <summary>There is nothing to wait for.</summary>
    public void Clear()
    {
        marker?.Dispose();
        marker = null;
    }
}
