using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>Whether NVIDIA's driver is on this machine, found out without ILGPU: most machines have none, and should not load a compiler to learn that.</summary>
internal static class CudaDriver
{
    private static readonly string[] Names = OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so", "libcuda.so.1"];

    /// <summary>The driver, for functions that ILGPU does not bind; null: it is not there.</summary>
    public static nint? Load()
    {
        foreach (string name in Names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle)) return handle;
        }
        return null;
    }

    /// <summary>Asks the system's loader, which finds what ILGPU would find.</summary>
    public static bool IsThere()
    {
        foreach (string name in Names)
        {
            if (!NativeLibrary.TryLoad(name, out nint handle)) continue;
            NativeLibrary.Free(handle);
            return true;
        }
        return false;
    }
}
