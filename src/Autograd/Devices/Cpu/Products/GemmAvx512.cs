using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ResearchFreeze.Autograd;

/// <summary>AVX-512: tiles of 12×32, 24 accumulators of the 32 registers; 24 multiply-adds a k for two loads and twelve broadcasts.</summary>
internal readonly unsafe struct GemmAvx512 : IGemmKernel
{
    public static int Rows => 12;

    public static int FewRows => 4;

    public static int Columns => 32;

    // 1 MiB, what the processors with AVX-512 have, or half of it: then a thread packing what others read, and their fetching it, costs more than reading lines that are far apart.
    public static int Resident => 256 * 1024;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TColumns>(int k, float* a, nint strideRow, nint strideA, float* b, nint strideB, float* init, float* c, nint strideC, int rows, float beta)
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        bool all = typeof(TRows) == typeof(AllRows), some = all || typeof(TRows) == typeof(SomeRows), wide = typeof(TColumns) == typeof(TwoVectors);
        Vector512<float> left = Vector512.Load(init), right = wide ? Vector512.Load(init + 16) : default;
        Vector512<float> l0 = left, l1 = left, l2 = left, l3 = left, l4 = left, l5 = left, l6 = left, l7 = left, l8 = left, l9 = left, l10 = left, l11 = left;
        Vector512<float> r0 = right, r1 = right, r2 = right, r3 = right, r4 = right, r5 = right, r6 = right, r7 = right, r8 = right, r9 = right, r10 = right, r11 = right;
        // Addresses in bytes: a row's is then one operand of a load, with the processor's own factors of 1, 2 and 4.
        nint stride = strideRow * sizeof(float), step = strideA * sizeof(float), stride3 = 3 * stride, stride5 = 5 * stride;
        byte* first = (byte*)a;
        // Four at a time: the loop's end is then foreseen for sums of up to some hundred products, where a wrong guess would cost a tenth of the tile.
        for (; k >= 4; k -= 4)
        {
            Step<TRows, TColumns>(
                first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(
                first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(
                first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            b += strideB;
            Step<TRows, TColumns>(
                first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            b += strideB;
        }
        for (; k > 0; k--)
        {
            Step<TRows, TColumns>(
                first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            b += strideB;
        }
        Store<TColumns>(l0, r0, c, beta);
        if (some)
        {
            if (rows > 1) Store<TColumns>(l1, r1, c + strideC, beta);
            if (rows > 2) Store<TColumns>(l2, r2, c + (2 * strideC), beta);
            if (rows > 3) Store<TColumns>(l3, r3, c + (3 * strideC), beta);
        }
        if (all)
        {
            if (rows > 4) Store<TColumns>(l4, r4, c + (4 * strideC), beta);
            if (rows > 5) Store<TColumns>(l5, r5, c + (5 * strideC), beta);
            if (rows > 6) Store<TColumns>(l6, r6, c + (6 * strideC), beta);
            if (rows > 7) Store<TColumns>(l7, r7, c + (7 * strideC), beta);
            if (rows > 8) Store<TColumns>(l8, r8, c + (8 * strideC), beta);
            if (rows > 9) Store<TColumns>(l9, r9, c + (9 * strideC), beta);
            if (rows > 10) Store<TColumns>(l10, r10, c + (10 * strideC), beta);
            if (rows > 11) Store<TColumns>(l11, r11, c + (11 * strideC), beta);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RunPair(int k, float* a, nint strideRow, nint strideA, nint strideTile, float* b, nint strideB, float* init, float* c, nint strideC, float beta)
    {
        Vector512<float> left = Vector512.Load(init);
        Vector512<float> l0 = left, l1 = left, l2 = left, l3 = left, l4 = left, l5 = left, l6 = left, l7 = left, l8 = left, l9 = left, l10 = left, l11 = left;
        Vector512<float> r0 = left, r1 = left, r2 = left, r3 = left, r4 = left, r5 = left, r6 = left, r7 = left, r8 = left, r9 = left, r10 = left, r11 = left;
        nint stride = strideRow * sizeof(float), step = strideA * sizeof(float), stride3 = 3 * stride, stride5 = 5 * stride;
        byte* first = (byte*)a, second = (byte*)(a + strideTile);
        for (; k >= 2; k -= 2)
        {
            Pair(
                first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            second += step;
            b += strideB;
            Pair(
                first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
            first += step;
            second += step;
            b += strideB;
        }
        if (k > 0) Pair(
                first, second, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
                ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
        Store<OneVector>(l0, default, c, beta);
        Store<OneVector>(l1, default, c + strideC, beta);
        Store<OneVector>(l2, default, c + (2 * strideC), beta);
        Store<OneVector>(l3, default, c + (3 * strideC), beta);
        Store<OneVector>(l4, default, c + (4 * strideC), beta);
        Store<OneVector>(l5, default, c + (5 * strideC), beta);
        Store<OneVector>(l6, default, c + (6 * strideC), beta);
        Store<OneVector>(l7, default, c + (7 * strideC), beta);
        Store<OneVector>(l8, default, c + (8 * strideC), beta);
        Store<OneVector>(l9, default, c + (9 * strideC), beta);
        Store<OneVector>(l10, default, c + (10 * strideC), beta);
        Store<OneVector>(l11, default, c + (11 * strideC), beta);
        Store<OneVector>(r0, default, c + (12 * strideC), beta);
        Store<OneVector>(r1, default, c + (13 * strideC), beta);
        Store<OneVector>(r2, default, c + (14 * strideC), beta);
        Store<OneVector>(r3, default, c + (15 * strideC), beta);
        Store<OneVector>(r4, default, c + (16 * strideC), beta);
        Store<OneVector>(r5, default, c + (17 * strideC), beta);
        Store<OneVector>(r6, default, c + (18 * strideC), beta);
        Store<OneVector>(r7, default, c + (19 * strideC), beta);
        Store<OneVector>(r8, default, c + (20 * strideC), beta);
        Store<OneVector>(r9, default, c + (21 * strideC), beta);
        Store<OneVector>(r10, default, c + (22 * strideC), beta);
        Store<OneVector>(r11, default, c + (23 * strideC), beta);
    }

    /// <summary>One k of two tiles of one vector: the second vectors that a step has room for are not used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(
        byte* first, byte* second, nint stride, nint stride3, nint stride5, float* b,
        ref Vector512<float> l0, ref Vector512<float> l1, ref Vector512<float> l2, ref Vector512<float> l3, ref Vector512<float> l4, ref Vector512<float> l5,
        ref Vector512<float> l6, ref Vector512<float> l7, ref Vector512<float> l8, ref Vector512<float> l9, ref Vector512<float> l10, ref Vector512<float> l11,
        ref Vector512<float> r0, ref Vector512<float> r1, ref Vector512<float> r2, ref Vector512<float> r3, ref Vector512<float> r4, ref Vector512<float> r5,
        ref Vector512<float> r6, ref Vector512<float> r7, ref Vector512<float> r8, ref Vector512<float> r9, ref Vector512<float> r10, ref Vector512<float> r11)
    {
        Step<AllRows, OneVector>(
            first, stride, stride3, stride5, b, ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11,
            ref l0, ref l1, ref l2, ref l3, ref l4, ref l5, ref l6, ref l7, ref l8, ref l9, ref l10, ref l11);
        Step<AllRows, OneVector>(
            second, stride, stride3, stride5, b, ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11,
            ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7, ref r8, ref r9, ref r10, ref r11);
    }

    /// <summary>One k: a column of A times a row of B. Inlined, so that the sums stay in the caller's registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TColumns>(
        byte* a, nint stride, nint stride3, nint stride5, float* b,
        ref Vector512<float> l0, ref Vector512<float> l1, ref Vector512<float> l2, ref Vector512<float> l3, ref Vector512<float> l4, ref Vector512<float> l5,
        ref Vector512<float> l6, ref Vector512<float> l7, ref Vector512<float> l8, ref Vector512<float> l9, ref Vector512<float> l10, ref Vector512<float> l11,
        ref Vector512<float> r0, ref Vector512<float> r1, ref Vector512<float> r2, ref Vector512<float> r3, ref Vector512<float> r4, ref Vector512<float> r5,
        ref Vector512<float> r6, ref Vector512<float> r7, ref Vector512<float> r8, ref Vector512<float> r9, ref Vector512<float> r10, ref Vector512<float> r11)
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns
    {
        bool all = typeof(TRows) == typeof(AllRows), some = all || typeof(TRows) == typeof(SomeRows), wide = typeof(TColumns) == typeof(TwoVectors);
        Vector512<float> left = Vector512.Load(b), right = wide ? Vector512.Load(b + 16) : default;
        byte* second = a + (6 * stride);
        Vector512<float> x = Vector512.Create(*(float*)a);
        l0 = Vector512.FusedMultiplyAdd(x, left, l0);
        if (wide) r0 = Vector512.FusedMultiplyAdd(x, right, r0);
        if (some)
        {
            x = Vector512.Create(*(float*)(a + stride));
            l1 = Vector512.FusedMultiplyAdd(x, left, l1);
            if (wide) r1 = Vector512.FusedMultiplyAdd(x, right, r1);
            x = Vector512.Create(*(float*)(a + (2 * stride)));
            l2 = Vector512.FusedMultiplyAdd(x, left, l2);
            if (wide) r2 = Vector512.FusedMultiplyAdd(x, right, r2);
            x = Vector512.Create(*(float*)(a + stride3));
            l3 = Vector512.FusedMultiplyAdd(x, left, l3);
            if (wide) r3 = Vector512.FusedMultiplyAdd(x, right, r3);
        }
        if (all)
        {
            x = Vector512.Create(*(float*)(a + (4 * stride)));
            l4 = Vector512.FusedMultiplyAdd(x, left, l4);
            if (wide) r4 = Vector512.FusedMultiplyAdd(x, right, r4);
            x = Vector512.Create(*(float*)(a + stride5));
            l5 = Vector512.FusedMultiplyAdd(x, left, l5);
            if (wide) r5 = Vector512.FusedMultiplyAdd(x, right, r5);
            x = Vector512.Create(*(float*)second);
            l6 = Vector512.FusedMultiplyAdd(x, left, l6);
            if (wide) r6 = Vector512.FusedMultiplyAdd(x, right, r6);
            x = Vector512.Create(*(float*)(second + stride));
            l7 = Vector512.FusedMultiplyAdd(x, left, l7);
            if (wide) r7 = Vector512.FusedMultiplyAdd(x, right, r7);
            x = Vector512.Create(*(float*)(second + (2 * stride)));
            l8 = Vector512.FusedMultiplyAdd(x, left, l8);
            if (wide) r8 = Vector512.FusedMultiplyAdd(x, right, r8);
            x = Vector512.Create(*(float*)(second + stride3));
            l9 = Vector512.FusedMultiplyAdd(x, left, l9);
            if (wide) r9 = Vector512.FusedMultiplyAdd(x, right, r9);
            x = Vector512.Create(*(float*)(second + (4 * stride)));
            l10 = Vector512.FusedMultiplyAdd(x, left, l10);
            if (wide) r10 = Vector512.FusedMultiplyAdd(x, right, r10);
            x = Vector512.Create(*(float*)(second + stride5));
            l11 = Vector512.FusedMultiplyAdd(x, left, l11);
            if (wide) r11 = Vector512.FusedMultiplyAdd(x, right, r11);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TColumns>(Vector512<float> left, Vector512<float> right, float* c, float beta)
    {
        bool wide = typeof(TColumns) == typeof(TwoVectors);
        // Asked for each row: see GemmAvx2.
        if (beta != 0)
        {
            left += Vector512.Load(c) * beta;
            if (wide) right += Vector512.Load(c + 16) * beta;
        }
        left.Store(c);
        if (wide) right.Store(c + 16);
    }
}
