using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ResearchFreeze.Autograd;

/// <summary>AVX2: tiles of 6×16, twelve accumulators of the 16 registers.</summary>
internal readonly unsafe struct GemmAvx2 : IGemmKernel
{
    public static int Rows => 6;

    public static int FewRows => 3;

    public static int Columns => 16;

    // Measured on a processor with 512 KiB, packing won or made no difference.
    public static int Resident => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TColumns>(int k, float* a, nint strideRow, nint strideA, float* b, nint strideB, float* init, float* c, nint strideC, int rows, float beta)
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        bool all = typeof(TRows) == typeof(AllRows), some = all || typeof(TRows) == typeof(SomeRows), wide = typeof(TColumns) == typeof(TwoVectors);
        Vector256<float> left = Vector256.Load(init), right = wide ? Vector256.Load(init + 8) : default;
        Vector256<float> l0 = left, l1 = left, l2 = left, l3 = left, l4 = left, l5 = left;
        Vector256<float> r0 = right, r1 = right, r2 = right, r3 = right, r4 = right, r5 = right;
        // Addresses in bytes: a row's is then one operand of a load, with the processor's own factors of 1, 2 and 4.
        nint stride = strideRow * sizeof(float), step = strideA * sizeof(float), stride3 = 3 * stride, stride5 = 5 * stride;
        byte* first = (byte*)a;
        // Four at a time: the loop's end is then foreseen for sums of up to some hundred products, where a wrong guess would cost a tenth of the tile.
        for (; k >= 4; k -= 4)
        {
            Step<TRows, TColumns>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            b += strideB;
        }
        for (; k > 0; k--)
        {
            Step<TRows, TColumns>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            b += strideB;
        }
        Store<TColumns>(l0, r0, c, beta);
        if (some)
        {
            if (rows > 1) Store<TColumns>(l1, r1, c + strideC, beta);
            if (rows > 2) Store<TColumns>(l2, r2, c + (2 * strideC), beta);
        }
        if (all)
        {
            if (rows > 3) Store<TColumns>(l3, r3, c + (3 * strideC), beta);
            if (rows > 4) Store<TColumns>(l4, r4, c + (4 * strideC), beta);
            if (rows > 5) Store<TColumns>(l5, r5, c + (5 * strideC), beta);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunPair(int k, float* a, nint strideRow, nint strideA, nint strideTile, float* b, nint strideB, float* init, float* c, nint strideC, float beta)
    {
        Vector256<float> left = Vector256.Load(init);
        Vector256<float> l0 = left, l1 = left, l2 = left, l3 = left, l4 = left, l5 = left;
        Vector256<float> r0 = left, r1 = left, r2 = left, r3 = left, r4 = left, r5 = left;
        nint stride = strideRow * sizeof(float), step = strideA * sizeof(float), stride3 = 3 * stride, stride5 = 5 * stride;
        byte* first = (byte*)a, second = (byte*)(a + strideTile);
        for (; k >= 2; k -= 2)
        {
            Pair(first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            second += step;
            b += strideB;
            Pair(first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
            first += step;
            second += step;
            b += strideB;
        }
        if (k > 0) Pair(first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
        Store<OneVector>(l0, default, c, beta);
        Store<OneVector>(l1, default, c + strideC, beta);
        Store<OneVector>(l2, default, c + (2 * strideC), beta);
        Store<OneVector>(l3, default, c + (3 * strideC), beta);
        Store<OneVector>(l4, default, c + (4 * strideC), beta);
        Store<OneVector>(l5, default, c + (5 * strideC), beta);
        Store<OneVector>(r0, default, c + (6 * strideC), beta);
        Store<OneVector>(r1, default, c + (7 * strideC), beta);
        Store<OneVector>(r2, default, c + (8 * strideC), beta);
        Store<OneVector>(r3, default, c + (9 * strideC), beta);
        Store<OneVector>(r4, default, c + (10 * strideC), beta);
        Store<OneVector>(r5, default, c + (11 * strideC), beta);
    }

    /// <summary>One k of two tiles of one vector: the second vectors that a step has room for are not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(
        byte* first, byte* second, nint stride, nint stride3, nint stride5, float* b,
        ref Vector256<float> l0, ref Vector256<float> l1, ref Vector256<float> l2, ref Vector256<float> l3, ref Vector256<float> l4, ref Vector256<float> l5,
        ref Vector256<float> r0, ref Vector256<float> r1, ref Vector256<float> r2, ref Vector256<float> r3, ref Vector256<float> r4, ref Vector256<float> r5)
    {
        Step<AllRows, OneVector>(first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5);
        Step<AllRows, OneVector>(second, stride, stride3, stride5, b, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5);
    }

    /// <summary>One k: a column of A times a row of B. Inlined, so that the sums stay in the caller's registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TColumns>(
        byte* a, nint stride, nint stride3, nint stride5, float* b,
        ref Vector256<float> l0, ref Vector256<float> l1, ref Vector256<float> l2, ref Vector256<float> l3, ref Vector256<float> l4, ref Vector256<float> l5,
        ref Vector256<float> r0, ref Vector256<float> r1, ref Vector256<float> r2, ref Vector256<float> r3, ref Vector256<float> r4, ref Vector256<float> r5)
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        bool all = typeof(TRows) == typeof(AllRows), some = all || typeof(TRows) == typeof(SomeRows), wide = typeof(TColumns) == typeof(TwoVectors);
        Vector256<float> left = Vector256.Load(b), right = wide ? Vector256.Load(b + 8) : default;
        Vector256<float> x = Vector256.Create(*(float*)a);
        l0 = Vector256.FusedMultiplyAdd(x, left, l0);
        if (wide) r0 = Vector256.FusedMultiplyAdd(x, right, r0);
        if (some)
        {
            x = Vector256.Create(*(float*)(a + stride));
            l1 = Vector256.FusedMultiplyAdd(x, left, l1);
            if (wide) r1 = Vector256.FusedMultiplyAdd(x, right, r1);
            x = Vector256.Create(*(float*)(a + (2 * stride)));
            l2 = Vector256.FusedMultiplyAdd(x, left, l2);
            if (wide) r2 = Vector256.FusedMultiplyAdd(x, right, r2);
        }
        if (all)
        {
            x = Vector256.Create(*(float*)(a + stride3));
            l3 = Vector256.FusedMultiplyAdd(x, left, l3);
            if (wide) r3 = Vector256.FusedMultiplyAdd(x, right, r3);
            x = Vector256.Create(*(float*)(a + (4 * stride)));
            l4 = Vector256.FusedMultiplyAdd(x, left, l4);
            if (wide) r4 = Vector256.FusedMultiplyAdd(x, right, r4);
            x = Vector256.Create(*(float*)(a + stride5));
            l5 = Vector256.FusedMultiplyAdd(x, left, l5);
            if (wide) r5 = Vector256.FusedMultiplyAdd(x, right, r5);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TColumns>(Vector256<float> left, Vector256<float> right, float* c, float beta)
    {
        bool wide = typeof(TColumns) == typeof(TwoVectors);
        // Asked for each row: asked once, stores of a result too large for the caches come in such bursts that short sums take a quarter longer.
        if (beta != 0)
        {
            left += Vector256.Load(c) * beta;
            if (wide) right += Vector256.Load(c + 8) * beta;
        }
        left.Store(c);
        if (wide) right.Store(c + 8);
    }
}
