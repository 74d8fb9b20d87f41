using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ResearchFreeze.Autograd;

/// <summary>What this process can run. The runtime's switches (<c>DOTNET_EnableAVX2=0</c>) count as missing hardware.</summary>
internal static class SimdLevels
{
    public static SimdLevel Best => IsAvailable(SimdLevel.Avx512) ? SimdLevel.Avx512 : IsAvailable(SimdLevel.Avx2) ? SimdLevel.Avx2 : SimdLevel.Vector128;

    public static bool IsAvailable(SimdLevel level) => level switch
    {
        SimdLevel.Vector128 => true,
        SimdLevel.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        SimdLevel.Avx512 => Avx512F.IsSupported && Vector512.IsHardwareAccelerated,
        _ => throw new ArgumentOutOfRangeException(nameof(level), $"SimdLevel: unknown value {level}."),
    };

    public static string NameOf(SimdLevel level) => level switch
    {
        SimdLevel.Avx512 => "AVX-512",
        SimdLevel.Avx2 => "AVX2",
        _ => "128-bit vectors",
    };
}
