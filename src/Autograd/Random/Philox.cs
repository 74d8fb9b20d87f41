namespace ResearchFreeze.Autograd;

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a counter-based generator. A number is a function of its key and counter alone,
/// so drawing in another order, on another device or for one unit fewer changes no other number. Plain integer arithmetic: the same code runs in GPU kernels.
/// </summary>
public static class Philox
{
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;

    /// <summary>The four numbers at counter (<paramref name="block"/>, <paramref name="step"/>) under a key.</summary>
    public static (uint X, uint Y, uint Z, uint W) Block(ulong key, ulong step, ulong block)
    {
        uint x = (uint)block, y = (uint)(block >> 32), z = (uint)step, w = (uint)(step >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)M0 * x, p1 = (ulong)M1 * z;
            uint nx = (uint)(p1 >> 32) ^ y ^ k0;
            uint nz = (uint)(p0 >> 32) ^ w ^ k1;
            y = (uint)p1;
            w = (uint)p0;
            x = nx;
            z = nz;
            k0 += W0;
            k1 += W1;
        }
        return (x, y, z, w);
    }

    /// <summary>The number of one element: lane <c>element mod 4</c> of block <c>element / 4</c>.</summary>
    public static uint Draw(ulong key, ulong step, ulong element)
    {
        (uint x, uint y, uint z, uint w) = Block(key, step, element >> 2);
        uint lane = (uint)element & 3;
        return lane == 0 ? x : lane == 1 ? y : lane == 2 ? z : w;
    }
}
