namespace ResearchFreeze.Autograd;

/// <summary>
/// The PTX of a step. Registers named here are never values of ILGPU's, which would move them through local memory (<c>rfc</c> sums, <c>rfa</c> and <c>rfb</c> fragments, <c>rfw</c> words on their way). They must be declared in
/// the kernel's own function, before they are used: in <see cref="Begin"/>, inlined at its start.
/// </summary>
internal static class CorePtx
{
    /// <summary>Declares the registers; sums are zero. The shared memory is what ILGPU calls dynamic, the kernel's only one, whose name is known.</summary>
    public const string Begin = """
        .reg .f32 rfc<64>;
        	.reg .b32 rfa<16>;
        	.reg .b32 rfb<8>;
        	.reg .b32 rfw<4>;
        	.reg .b32 rfs, rfp, rfq;
        	mov.u32 rfs, __dyn_shared_alloca;
        	mov.f32 rfc0, 0f00000000; mov.f32 rfc1, 0f00000000; mov.f32 rfc2, 0f00000000; mov.f32 rfc3, 0f00000000;
        	mov.f32 rfc4, 0f00000000; mov.f32 rfc5, 0f00000000; mov.f32 rfc6, 0f00000000; mov.f32 rfc7, 0f00000000;
        	mov.f32 rfc8, 0f00000000; mov.f32 rfc9, 0f00000000; mov.f32 rfc10, 0f00000000; mov.f32 rfc11, 0f00000000;
        	mov.f32 rfc12, 0f00000000; mov.f32 rfc13, 0f00000000; mov.f32 rfc14, 0f00000000; mov.f32 rfc15, 0f00000000;
        	mov.f32 rfc16, 0f00000000; mov.f32 rfc17, 0f00000000; mov.f32 rfc18, 0f00000000; mov.f32 rfc19, 0f00000000;
        	mov.f32 rfc20, 0f00000000; mov.f32 rfc21, 0f00000000; mov.f32 rfc22, 0f00000000; mov.f32 rfc23, 0f00000000;
        	mov.f32 rfc24, 0f00000000; mov.f32 rfc25, 0f00000000; mov.f32 rfc26, 0f00000000; mov.f32 rfc27, 0f00000000;
        	mov.f32 rfc28, 0f00000000; mov.f32 rfc29, 0f00000000; mov.f32 rfc30, 0f00000000; mov.f32 rfc31, 0f00000000;
        	mov.f32 rfc32, 0f00000000; mov.f32 rfc33, 0f00000000; mov.f32 rfc34, 0f00000000; mov.f32 rfc35, 0f00000000;
        	mov.f32 rfc36, 0f00000000; mov.f32 rfc37, 0f00000000; mov.f32 rfc38, 0f00000000; mov.f32 rfc39, 0f00000000;
        	mov.f32 rfc40, 0f00000000; mov.f32 rfc41, 0f00000000; mov.f32 rfc42, 0f00000000; mov.f32 rfc43, 0f00000000;
        	mov.f32 rfc44, 0f00000000; mov.f32 rfc45, 0f00000000; mov.f32 rfc46, 0f00000000; mov.f32 rfc47, 0f00000000;
        	mov.f32 rfc48, 0f00000000; mov.f32 rfc49, 0f00000000; mov.f32 rfc50, 0f00000000; mov.f32 rfc51, 0f00000000;
        	mov.f32 rfc52, 0f00000000; mov.f32 rfc53, 0f00000000; mov.f32 rfc54, 0f00000000; mov.f32 rfc55, 0f00000000;
        	mov.f32 rfc56, 0f00000000; mov.f32 rfc57, 0f00000000; mov.f32 rfc58, 0f00000000; mov.f32 rfc59, 0f00000000;
        	mov.f32 rfc60, 0f00000000; mov.f32 rfc61, 0f00000000; mov.f32 rfc62, 0f00000000; mov.f32 rfc63, 0f00000000;
        """;

    /// <summary>Fragments of 64 rows of A at %0 and 32 columns of B at %1: blocks of sixteen lines are 1280 bytes apart.</summary>
    public const string LoadTall = Load + Fill + "{rfa8, rfa9, rfa10, rfa11}, [rfp+2560];\n\t" + Fill + "{rfa12, rfa13, rfa14, rfa15}, [rfp+3840];\n\t";

    /// <summary>Fragments of 32 rows of A.</summary>
    public const string Load = "add.u32 rfp, rfs, %0;\n\tadd.u32 rfq, rfs, %1;\n\t"
        + Fill + "{rfb0, rfb1, rfb2, rfb3}, [rfq];\n\t" + Fill + "{rfb4, rfb5, rfb6, rfb7}, [rfq+1280];\n\t"
        + Fill + "{rfa0, rfa1, rfa2, rfa3}, [rfp];\n\t" + Fill + "{rfa4, rfa5, rfa6, rfa7}, [rfp+1280];\n\t";

    /// <summary>TF32: a step of 64 rows, of 32 rows.</summary>
    public const string Tf32Tall = LoadTall
        + Tf32 + C0 + A0 + B0 + C0 + End + Tf32 + C1 + A0 + B1 + C1 + End + Tf32 + C2 + A0 + B2 + C2 + End + Tf32 + C3 + A0 + B3 + C3 + End
        + Tf32 + C4 + A1 + B0 + C4 + End + Tf32 + C5 + A1 + B1 + C5 + End + Tf32 + C6 + A1 + B2 + C6 + End + Tf32 + C7 + A1 + B3 + C7 + End
        + Tf32 + C8 + A2 + B0 + C8 + End + Tf32 + C9 + A2 + B1 + C9 + End + Tf32 + C10 + A2 + B2 + C10 + End + Tf32 + C11 + A2 + B3 + C11 + End
        + Tf32 + C12 + A3 + B0 + C12 + End + Tf32 + C13 + A3 + B1 + C13 + End + Tf32 + C14 + A3 + B2 + C14 + End + Tf32 + C15 + A3 + B3 + C15 + ";";

    public const string Tf32Short = Load
        + Tf32 + C0 + A0 + B0 + C0 + End + Tf32 + C1 + A0 + B1 + C1 + End + Tf32 + C2 + A0 + B2 + C2 + End + Tf32 + C3 + A0 + B3 + C3 + End
        + Tf32 + C4 + A1 + B0 + C4 + End + Tf32 + C5 + A1 + B1 + C5 + End + Tf32 + C6 + A1 + B2 + C6 + End + Tf32 + C7 + A1 + B3 + C7 + ";";

    /// <summary>bfloat16: a step of 64 rows, of 32 rows.</summary>
    public const string BFloat16Tall = LoadTall
        + BFloat16 + C0 + A0 + B0 + C0 + End + BFloat16 + C1 + A0 + B1 + C1 + End + BFloat16 + C2 + A0 + B2 + C2 + End + BFloat16 + C3 + A0 + B3 + C3 + End
        + BFloat16 + C4 + A1 + B0 + C4 + End + BFloat16 + C5 + A1 + B1 + C5 + End + BFloat16 + C6 + A1 + B2 + C6 + End + BFloat16 + C7 + A1 + B3 + C7 + End
        + BFloat16 + C8 + A2 + B0 + C8 + End + BFloat16 + C9 + A2 + B1 + C9 + End + BFloat16 + C10 + A2 + B2 + C10 + End + BFloat16 + C11 + A2 + B3 + C11 + End
        + BFloat16 + C12 + A3 + B0 + C12 + End + BFloat16 + C13 + A3 + B1 + C13 + End + BFloat16 + C14 + A3 + B2 + C14 + End + BFloat16 + C15 + A3 + B3 + C15 + ";";

    public const string BFloat16Short = Load
        + BFloat16 + C0 + A0 + B0 + C0 + End + BFloat16 + C1 + A0 + B1 + C1 + End + BFloat16 + C2 + A0 + B2 + C2 + End + BFloat16 + C3 + A0 + B3 + C3 + End
        + BFloat16 + C4 + A1 + B0 + C4 + End + BFloat16 + C5 + A1 + B1 + C5 + End + BFloat16 + C6 + A1 + B2 + C6 + End + BFloat16 + C7 + A1 + B3 + C7 + ";";

    /// <summary>Rounds %1 to %4 and stores them as four words of a line.</summary>
    public const string Tf32PutDepth = Tf32Round + "st.shared.v4.b32 [rfp], {rfw0, rfw1, rfw2, rfw3};";

    /// <summary>Rounds %1 to %4 and stores each in a line of its own, 80 bytes apart.</summary>
    public const string Tf32PutLines = Tf32Round + PutLines;

    /// <summary>Rounds %1 to %8 and stores them as four words of a line, in pairs: %1 in the low half of the first.</summary>
    public const string BFloat16PutDepth = At + "cvt.rn.bf16x2.f32 rfw0, %2, %1;\n\tcvt.rn.bf16x2.f32 rfw1, %4, %3;\n\tcvt.rn.bf16x2.f32 rfw2, %6, %5;\n\tcvt.rn.bf16x2.f32 rfw3, %8, %7;\n\tst.shared.v4.b32 [rfp], {rfw0, rfw1, rfw2, rfw3};";

    /// <summary>Rounds %1 to %8 and stores a pair in each of four lines: %1 in the low half of the first, %5 in its high half.</summary>
    public const string BFloat16PutLines = At + "cvt.rn.bf16x2.f32 rfw0, %5, %1;\n\tcvt.rn.bf16x2.f32 rfw1, %6, %2;\n\tcvt.rn.bf16x2.f32 rfw2, %7, %3;\n\tcvt.rn.bf16x2.f32 rfw3, %8, %4;\n\t" + PutLines;

    /// <summary>Sixteen rows of sums: a thread has two neighbours of row lane/4 and two of the row eight below, for each eight columns (32 bytes). Rows are 160 bytes apart.</summary>
    public const string PutSums0 = At
        + Pair + "[rfp], {rfc0, rfc1};\n\t" + Pair + "[rfp+1280], {rfc2, rfc3};\n\t" + Pair + "[rfp+32], {rfc4, rfc5};\n\t" + Pair + "[rfp+1312], {rfc6, rfc7};\n\t"
        + Pair + "[rfp+64], {rfc8, rfc9};\n\t" + Pair + "[rfp+1344], {rfc10, rfc11};\n\t" + Pair + "[rfp+96], {rfc12, rfc13};\n\t" + Pair + "[rfp+1376], {rfc14, rfc15};";

    public const string PutSums1 = At
        + Pair + "[rfp], {rfc16, rfc17};\n\t" + Pair + "[rfp+1280], {rfc18, rfc19};\n\t" + Pair + "[rfp+32], {rfc20, rfc21};\n\t" + Pair + "[rfp+1312], {rfc22, rfc23};\n\t"
        + Pair + "[rfp+64], {rfc24, rfc25};\n\t" + Pair + "[rfp+1344], {rfc26, rfc27};\n\t" + Pair + "[rfp+96], {rfc28, rfc29};\n\t" + Pair + "[rfp+1376], {rfc30, rfc31};";

    public const string PutSums2 = At
        + Pair + "[rfp], {rfc32, rfc33};\n\t" + Pair + "[rfp+1280], {rfc34, rfc35};\n\t" + Pair + "[rfp+32], {rfc36, rfc37};\n\t" + Pair + "[rfp+1312], {rfc38, rfc39};\n\t"
        + Pair + "[rfp+64], {rfc40, rfc41};\n\t" + Pair + "[rfp+1344], {rfc42, rfc43};\n\t" + Pair + "[rfp+96], {rfc44, rfc45};\n\t" + Pair + "[rfp+1376], {rfc46, rfc47};";

    public const string PutSums3 = At
        + Pair + "[rfp], {rfc48, rfc49};\n\t" + Pair + "[rfp+1280], {rfc50, rfc51};\n\t" + Pair + "[rfp+32], {rfc52, rfc53};\n\t" + Pair + "[rfp+1312], {rfc54, rfc55};\n\t"
        + Pair + "[rfp+64], {rfc56, rfc57};\n\t" + Pair + "[rfp+1344], {rfc58, rfc59};\n\t" + Pair + "[rfp+96], {rfc60, rfc61};\n\t" + Pair + "[rfp+1376], {rfc62, rfc63};";

    private const string Fill = "ldmatrix.sync.aligned.m8n8.x4.shared.b16 ", Pair = "st.shared.v2.f32 ", End = ";\n\t";
    private const string Tf32 = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ", BFloat16 = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ";
    private const string A0 = ", {rfa0, rfa1, rfa2, rfa3}, ", A1 = ", {rfa4, rfa5, rfa6, rfa7}, ", A2 = ", {rfa8, rfa9, rfa10, rfa11}, ", A3 = ", {rfa12, rfa13, rfa14, rfa15}, ";
    private const string B0 = "{rfb0, rfb1}, ", B1 = "{rfb2, rfb3}, ", B2 = "{rfb4, rfb5}, ", B3 = "{rfb6, rfb7}, ";
    private const string C0 = "{rfc0, rfc1, rfc2, rfc3}", C1 = "{rfc4, rfc5, rfc6, rfc7}", C2 = "{rfc8, rfc9, rfc10, rfc11}", C3 = "{rfc12, rfc13, rfc14, rfc15}";
    private const string C4 = "{rfc16, rfc17, rfc18, rfc19}", C5 = "{rfc20, rfc21, rfc22, rfc23}", C6 = "{rfc24, rfc25, rfc26, rfc27}", C7 = "{rfc28, rfc29, rfc30, rfc31}";
    private const string C8 = "{rfc32, rfc33, rfc34, rfc35}", C9 = "{rfc36, rfc37, rfc38, rfc39}", C10 = "{rfc40, rfc41, rfc42, rfc43}", C11 = "{rfc44, rfc45, rfc46, rfc47}";
    private const string C12 = "{rfc48, rfc49, rfc50, rfc51}", C13 = "{rfc52, rfc53, rfc54, rfc55}", C14 = "{rfc56, rfc57, rfc58, rfc59}", C15 = "{rfc60, rfc61, rfc62, rfc63}";
    private const string At = "add.u32 rfp, rfs, %0;\n\t";
    private const string Tf32Round = At + "cvt.rna.tf32.f32 rfw0, %1;\n\tcvt.rna.tf32.f32 rfw1, %2;\n\tcvt.rna.tf32.f32 rfw2, %3;\n\tcvt.rna.tf32.f32 rfw3, %4;\n\t";
    private const string PutLines = "st.shared.b32 [rfp], rfw0;\n\tst.shared.b32 [rfp+80], rfw1;\n\tst.shared.b32 [rfp+160], rfw2;\n\tst.shared.b32 [rfp+240], rfw3;";
}
