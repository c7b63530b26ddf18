from apnet_desktop.study.protocol import read_protocol


def test_nobody_has_a_part_in_two_things() -> None:
    protocol = read_protocol()
    demonstration, claims = protocol.demonstration, protocol.claims
    seeds = [
        demonstration.pretraining_seed,
        demonstration.reader_seed,
        demonstration.development_seed,
        demonstration.evaluation_seed,
        *claims.cohort_seeds,
        claims.test_seed,
        claims.large_seed,
        claims.external_seed,
        claims.localisation_seed,
        claims.other_pretraining_seed,
        claims.other_reader_seed,
    ]
    assert len(set(seeds)) == len(seeds)
    assert claims.reader_seed == demonstration.reader_seed, "the ablations' reader learns from the same patients"


def test_the_studys_size_is_the_papers() -> None:
    claims = read_protocol().claims
    assert len(claims.cohort_seeds) == 10
    assert (claims.development_patients, claims.validation_patients, claims.test_patients) == (184, 51, 1000)
    assert any("hours" in sentence for sentence in read_protocol().demonstration.sentences())
